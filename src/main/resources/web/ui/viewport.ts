/**
 * Where a screen's keyboard lies over the page instead of making it smaller (Safari on a phone), nothing in CSS knows of what is left. Tells it, as
 * `--height`, as long as the page is not magnified.
 */
export function fitViewport(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = (): void => {
    if (Math.abs(viewport.scale - 1) > 0.01) return;
    document.documentElement.style.setProperty("--height", `${viewport.height}px`);
    window.scrollTo(0, 0); // the browser has moved the page for the field to be seen, where it is now anyway
  };
  viewport.addEventListener("resize", fit);
}
