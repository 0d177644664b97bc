/** Photos that come from outside the page: a phone's share sheet, or a file opened with the studio. */

/** Give the photo that is waiting to somebody, and each that comes later. */
export async function incoming(take) {
  globalThis.launchQueue?.setConsumer(async ({ files }) => {
    if (files[0]) take(await files[0].getFile());
  });
  if (!("caches" in globalThis)) return;
  const cache = await caches.open("incoming");
  const found = await cache.match("photo");
  if (!found) return;
  await cache.delete("photo");
  const name = decodeURIComponent(found.headers.get("X-Name") ?? "photo.jpg");
  take(new File([await found.blob()], name));
}
