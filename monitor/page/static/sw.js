// Starts the page without a network: network first, then what was kept of this release. Only the page's own
// files are kept: nothing that names a session, and no answer of the login.

const CACHE = "kinewatch-__KINEWATCH_VERSION__";
const FILES = [
  "/", "/bedside", "/kinewatch.css", "/bedside.css", "/manifest.webmanifest", "/i18n/en.json", "/i18n/de.json",
  "/app/main.js", "/app/bedside_main.js", "/app/feed.js", "/app/feed_state.js", "/app/messages.js", "/app/topics.js",
  "/app/wire_mqtt.js", "/app/wire_local.js", "/app/clinic.js", "/app/dom.js", "/app/i18n.js", "/app/sound.js",
  "/app/device.js", "/app/login.js", "/app/alerts_view.js", "/app/board_view.js", "/app/session_view.js",
  "/app/bar_view.js", "/app/commands.js", "/app/trend.js", "/vendor/mqtt.js", "/vendor/uplot.js", "/vendor/uplot.css",
  "/icons/kinewatch-192.png",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !FILES.includes(url.pathname)) return;
  event.respondWith((async () => {
    try {
      return await fetch(event.request);
    } catch {
      return (await caches.match(url.pathname)) ?? Response.error();
    }
  })());
});
