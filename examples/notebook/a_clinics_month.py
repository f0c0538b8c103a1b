"""A clinic's month in twenty lines, for a notebook that knows `# %%` cells, or as a program."""

# %% [markdown]
# First export the sessions, each into a folder of its own:
#
#     for id in $(kinewatch sessions --last all --json | jq -r .session_id); do
#         kinewatch report "$id" --format parquet --out "month/$id"; done
#
# then run this with any notebook that knows `# %%` cells, or: python a_clinics_month.py month

# %%
import sys
from pathlib import Path

import polars as pl

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("month")


def table(name: str) -> pl.DataFrame:
    """One table of every session in the folder."""
    return pl.concat([pl.read_parquet(file) for file in sorted(folder.glob(f"**/{name}.parquet"))])


# %% Sessions, hours and repetitions by patient
sessions = table("session").with_columns(pl.col("started_utc").str.to_datetime(time_zone="UTC"))
done = (
    table("exercises").group_by("session_id").agg(pl.col("repetitions_done", "repetitions_prescribed").sum())
)
by_patient = (
    sessions.join(done, on="session_id")
    .group_by("patient_id")
    .agg(
        sessions=pl.len(),
        hours=(pl.col("duration_s").sum() / 3600).round(2),
        adherence_percent=(
            100 * pl.col("repetitions_done").sum() / pl.col("repetitions_prescribed").sum()
        ).round(1),
    )
)
print(by_patient.sort("patient_id"))

# %% The best range of each exercise, with the error of that set; a set that was not measured has none
best = (
    table("sets")
    .drop_nulls("range_best_deg")
    .sort("range_best_deg")
    .group_by("session_id", "exercise")
    .last()
)
print(best.select("session_id", "exercise", "range_best_deg", "range_error_deg").sort("session_id"))

# %% Alarms an hour by rule, and how many cleared before anybody answered
hours = sessions["duration_s"].sum() / 3600
alarms = (
    table("alerts")
    .group_by("rule", "priority")
    .agg(
        per_hour=(pl.len() / hours).round(2),
        self_cleared=(pl.col("acknowledged_s").is_null() & pl.col("resolved_s").is_not_null()).sum(),
    )
)
print(alarms.sort("rule"))
