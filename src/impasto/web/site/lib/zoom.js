/** A picture over the whole window, to be looked at as closely as one likes. */

/** Open a picture of a width and a height; what shows it is only fetched now. */
export async function zoom(src, alt, width, height) {
  if (!document.querySelector("link[href$='photoswipe.css']")) {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "site/vendor/photoswipe.css" });
    await new Promise((done) => document.head.append(Object.assign(style, { onload: done, onerror: done })));
  }
  const { default: PhotoSwipe } = await import("../vendor/photoswipe.js");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const shown = new PhotoSwipe({
    dataSource: [{ src, alt, width, height }],
    showHideAnimationType: still ? "none" : "fade",
    // Four pixels of the screen for one of the picture show the strokes of the brush.
    maxZoomLevel: 4,
    secondaryZoomLevel: 1,
    wheelToZoom: true,
  });
  shown.init();
}
