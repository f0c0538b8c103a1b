"""The page's own code on the cases that the receiver in Python passes too."""

from pathlib import Path

from tests.support.feed_cases import expanded
from tests.support.page import chromium, clinic_at, open_screen

RUN = """async (cases) => {
  const { FeedState } = await import("/app/feed_state.js");
  const word = (event) => (event.kind === "alert" && event.late ? "alert late" : event.kind);
  const wrong = [];
  for (const { name, steps } of cases) {
    const state = new FeedState();
    for (const [index, step] of steps.entries()) {
      const now = Math.round((step.at_s ?? 0) * 1000);
      const expect = (what, got) => {
        if (what in step && JSON.stringify(got) !== JSON.stringify(step[what])) {
          wrong.push(`${name}, step ${index}, ${what}: ${JSON.stringify(got)}`);
        }
      };
      if (step.wire === null) {
        expect("events", ("overdue" in step ? state.overdue(now).events : state.stale(now)).map(word));
        continue;
      }
      let update;
      try {
        update = state.receive(step.wire[0], step.wire[1], now, step.retained ?? false);
        if (step.refused) wrong.push(`${name}, step ${index}: not refused`);
      } catch (error) {
        if (!step.refused) wrong.push(`${name}, step ${index}: ${error}`);
        continue;
      }
      expect("events", update.events.map(word));
      expect("received", update.received.map(({ id }) => id));
      expect("wanted", update.wanted.map(({ after_seq }) => after_seq));
      expect("active", [...state.alerts.values()].map(({ message }) => `${message.alert_id} ${message.seq}`));
    }
  }
  return wrong;
}"""


async def test_the_pages_code_knows_what_the_python_receiver_knows(tmp_path: Path) -> None:
    async with clinic_at(tmp_path) as clinic, chromium() as browser:
        screen = await open_screen(browser, clinic.url, begin=False)
        assert await screen.page.evaluate(RUN, expanded()) == []
