// In JupyterLab an arrow key moves to another cell and two letters d delete one, even while a list
// of a widget has the focus. Below an element with this mark JupyterLab leaves all keys alone.
const MOST_TRIES = 300;

function render({ el }) {
  el.style.display = "none";
  let tries = 0;
  const mark = () => {
    const box = el.closest(".widget-box");
    if (box) {
      box.dataset.lmSuppressShortcuts = "true";
      box.addEventListener("keydown", (event) => event.stopPropagation());
    } else if (tries++ < MOST_TRIES) requestAnimationFrame(mark);
  };
  mark();
}

export default { render };
