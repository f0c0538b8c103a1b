"""One body for all sensors of a scenario: movement, circulation and heart beats that agree."""

import numpy as np
from numpy.typing import NDArray

from simulators.movement.activities import CalibrationMovement, ExerciseSet
from simulators.movement.kinematics import LimbKinematics, Tissue
from simulators.patient.beats import Beats
from simulators.patient.vitals import Patient, VitalExcursion
from simulators.scenario.loader import Scenario, VitalEntry

# Relative effort of moving without an exercise.
_CALIBRATION_WORKLOAD = 0.06
_RESTLESS_WORKLOAD = 0.03


class Body:
    """The patient of one scenario: a function of the scenario alone."""

    def __init__(self, scenario: Scenario) -> None:
        profile = scenario.profile
        self.scenario = scenario
        self._activities = scenario.activities
        self.path = scenario.movement(self._activities)
        self.limb = LimbKinematics(
            self.path,
            seed=scenario.seed,
            tissue=Tissue(
                artefact_deg=scenario.motion.soft_tissue_deg,
                off_axis_deg=scenario.motion.off_axis_deg,
                mounting_sd_deg=scenario.motion.mounting_sd_deg,
            ),
        )
        self.patient = Patient(
            profile=profile,
            workload=self.workload,
            excursions=[
                VitalExcursion(
                    vital=entry.vital,
                    start_s=entry.at_s,
                    end_s=entry.at_s + entry.for_s,
                    target=entry.target,
                    onset_tau_s=entry.onset_tau_s,
                    recovery_tau_s=entry.recovery_tau_s,
                )
                for entry in scenario.timeline
                if isinstance(entry, VitalEntry)
            ],
            duration_s=scenario.duration_s,
            seed=scenario.seed,
        )
        self.beats = Beats(self.patient)

    def workload(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Relative effort 0..1, shape of `t_s`; sets from their first to their last repetition."""
        load = np.zeros_like(t_s)
        sets = iter(self.path.sets)
        for activity in sorted(self._activities, key=lambda one: one.start_s):
            if isinstance(activity, ExerciseSet):
                done = next(sets)
                effort = activity.exercise.workload if activity.workload is None else activity.workload
                load[(t_s >= done.start_s) & (t_s < done.end_s)] = effort
            else:
                effort = (
                    _CALIBRATION_WORKLOAD if isinstance(activity, CalibrationMovement) else _RESTLESS_WORKLOAD
                )
                load[(t_s >= activity.start_s) & (t_s < activity.end_s)] = effort
        return load
