// Alarm sounds after IEC 60601-1-8: bursts of pulses with harmonics, rising with priority. A browser gives no
// sound before the first tap, and says so: `running` is shown.

/** @type {AudioContext | null} */ let context = null;

// Pulses of a burst in seconds from its start; high: 3 + 2, twice.
const BURSTS = /** @type {Record<string, number[]>} */ ({
  high: [0, 0.2, 0.4, 0.75, 0.95, 1.6, 1.8, 2.0, 2.35, 2.55],
  medium: [0, 0.3, 0.6],
  low: [0],
});
const PULSE_S = /** @type {Record<string, number>} */ ({ high: 0.13, medium: 0.18, low: 0.2 });
// Seconds between the starts of bursts.
const EVERY_S = /** @type {Record<string, number>} */ ({ high: 8, medium: 20, low: Infinity });
const FUNDAMENTAL_HZ = 440;

/** Only a tap may do this. */
export async function enableSound() {
  context ??= new AudioContext();
  await context.resume();
  return soundRuns();
}

export function soundRuns() {
  return context !== null && context.state === "running";
}

/** @param {string} priority */
export function play(priority) {
  if (context === null || context.state !== "running") return false;
  for (const at of BURSTS[priority] ?? []) pulse(context, context.currentTime + 0.02 + at, PULSE_S[priority] ?? 0.15);
  return true;
}

/** @param {AudioContext} audio @param {number} at @param {number} length */
function pulse(audio, at, length) {
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
  gain.gain.setValueAtTime(0.25, at + length - 0.03);
  gain.gain.linearRampToValueAtTime(0, at + length);
  gain.connect(audio.destination);
  for (const harmonic of [1, 2, 3, 4, 5]) {
    const tone = audio.createOscillator();
    tone.frequency.value = FUNDAMENTAL_HZ * harmonic;
    const share = audio.createGain();
    share.gain.value = 1 / (harmonic + 1);
    tone.connect(share).connect(gain);
    tone.start(at);
    tone.stop(at + length);
  }
}

/** Decides when the next burst is due: at once for a new or worse alert, then again and again. */
export class Caller {
  constructor() {
    /** @type {string | null} */ this.calling = null;
    this.lastMs = -Infinity;
    /** @type {Set<string>} */ this.heard = new Set();
  }

  /**
   * @param {{key: string, priority: string}[]} calls alerts that nobody has acknowledged, worst first
   * @param {number} nowMs @returns {string | null} the priority of the burst that is due
   */
  due(calls, nowMs) {
    const worst = calls[0]?.priority ?? null;
    const fresh = calls.some(({ key }) => !this.heard.has(key));
    this.heard = new Set(calls.map(({ key }) => key));
    this.calling = worst;
    if (worst === null) return null;
    if (!fresh && nowMs - this.lastMs < (EVERY_S[worst] ?? 20) * 1000) return null;
    this.lastMs = nowMs;
    return worst;
  }
}
