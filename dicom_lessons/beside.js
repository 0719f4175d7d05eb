// Beside a live widget its static twin is kept out of the page. If the widget does not come to life,
// because its kernel or its front end is missing, the twin takes its place.
(() => {
  const PATIENCE = 6;
  const MOST_LOOKS = 120;
  const home = document.currentScript.parentElement.parentElement;
  const own = home.closest(".jp-OutputArea-child");
  const widget = own?.previousElementSibling;
  const panel = widget?.querySelector(":scope > .lm-Panel");
  if (!panel) return; // a page of nbconvert, or another front end
  const twin = document.createDocumentFragment();
  const isLive = () =>
    panel.querySelector(".dl-live") && !panel.querySelector(".jupyter-widgets-disconnected");
  const change = (isShown) => {
    if (isShown) home.append(twin);
    else twin.append(...home.childNodes);
    own.style.display = isShown ? "" : "none";
    widget.style.display = isShown ? "none" : "";
  };
  let looks = 0;
  const look = () => {
    const live = isLive();
    if (live && looks > PATIENCE) change(false);
    if (live) return;
    if (looks === PATIENCE) change(true);
    looks += 1;
    if (looks < MOST_LOOKS) setTimeout(look, 500);
  };
  change(false);
  look();
})();
