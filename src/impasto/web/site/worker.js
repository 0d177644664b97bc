/** The service worker: the studio opens without a network, and takes photos from a phone's share sheet. */
const SHELL = "shell-1";
const INCOMING = "incoming";

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.add("./")).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (![SHELL, INCOMING].includes(name)) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(old());
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const path = url.href.slice(registration.scope.length);
  if (url.origin !== location.origin || path.startsWith("api/")) return;
  if (event.request.method === "POST" && path === "incoming") event.respondWith(taken(event.request));
  else if (event.request.method !== "GET") return;
  else if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (path.startsWith("site/") || path === "manifest.webmanifest") event.respondWith(file(event.request));
});

/** A screen from the network, or else the shell, which shows what it can. */
async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(registration.scope)) ?? Response.error();
  }
}

/** A module or style as it is now, or else as it was. */
async function file(request) {
  const cache = await caches.open(SHELL);
  try {
    const found = await fetch(request);
    if (found.ok) await cache.put(request, found.clone());
    return found;
  } catch {
    return (await cache.match(request)) ?? Response.error();
  }
}

/** Keep a shared photo until the page takes it. */
async function taken(request) {
  const photo = (await request.formData()).get("photo");
  const cache = await caches.open(INCOMING);
  if (photo) await cache.put("photo", new Response(photo, { headers: { "X-Name": encodeURIComponent(photo.name) } }));
  return Response.redirect("./?incoming", 303);
}
