// This device: its id at the broker, its wake lock, its part of the page that works without a network.

const ID = "kinewatch-device";

/** @param {number} bytes */
function letters(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (each) => each.toString(16).padStart(2, "0")).join("");
}

/**
 * The client id: one tab of a device has a lasting one, for which the broker keeps what it misses; others have
 * their own for as long as they are open. Two with one id would throw each other out without end.
 * @returns {Promise<{device: string, clean: boolean}>}
 */
export async function clientId() {
  let lasting = localStorage.getItem(ID);
  if (lasting === null || !/^[a-z0-9]{16}$/.test(lasting)) {
    lasting = letters(8);
    localStorage.setItem(ID, lasting);
  }
  const own = await ownsLastingId();
  return own ? { device: lasting, clean: false } : { device: letters(10), clean: true };
}

/** @returns {Promise<boolean>} whether this tab is the first; it stays so until it is closed */
function ownsLastingId() {
  if (navigator.locks === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    void navigator.locks.request("kinewatch-client", { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    });
  });
}

/** @type {WakeLockSentinel | null} */ let wakeLock = null;

export function awake() {
  return wakeLock !== null && !wakeLock.released;
}

/** A page that is hidden loses its lock: asked again when it is seen. */
export async function keepAwake() {
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible" || awake()) return awake();
  try {
    wakeLock = await navigator.wakeLock.request("screen");
  } catch {
    wakeLock = null;
  }
  return awake();
}

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("kinewatch", {
  createScriptURL: (/** @type {string} */ url) => {
    if (url !== "/sw.js") throw new TypeError("only the service worker");
    return url;
  },
});

/** @returns {Promise<boolean>} whether the page will start without a network */
export async function installWorker() {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL("/sw.js") : "/sw.js", { type: "module" });
    return true;
  } catch {
    return false; // behind a certificate that this device does not trust
  }
}
