// The tree of UIDs: arrow keys move and open, the selected row goes to Python.

import { leadsOut, make } from "../kit.js";

function treeItem(node, index) {
  const item = make("li", "", "", {
    role: "treeitem",
    "aria-level": node.depth + 1,
    "aria-selected": false,
  });
  item.tabIndex = -1;
  item.dataset.index = index;
  const row = item.appendChild(make("span", "row"));
  row.append(make("span", "mark", "", { "aria-hidden": true }), make("strong", "", node.level));
  row.append(make("span", "", node.label), make("code", "", node.uid));
  return item;
}

function buildTree(nodes, root) {
  const groups = [root];
  return nodes.map((node, index) => {
    const item = treeItem(node, index);
    groups[node.depth].append(item);
    if (node.branch) {
      item.setAttribute("aria-expanded", node.depth === 0 && index === 0);
      groups[node.depth + 1] = item.appendChild(make("ul", "", "", { role: "group" }));
    }
    return item;
  });
}

const isOpen = (item) => item.getAttribute("aria-expanded") === "true";

function setOpen(item, open) {
  if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", open);
}

function markItem(items, item) {
  for (const other of items) {
    other.tabIndex = other === item ? 0 : -1;
    other.setAttribute("aria-selected", other === item);
  }
}

function keyAction(event, item, items, select) {
  const visible = items.filter((one) => !one.parentElement.closest('[aria-expanded="false"]'));
  const place = visible.indexOf(item);
  const actions = {
    ArrowDown: () => select(visible[place + 1]),
    ArrowUp: () => select(visible[place - 1]),
    Home: () => select(visible[0]),
    End: () => select(visible[visible.length - 1]),
    ArrowRight: () => (isOpen(item) ? select(visible[place + 1]) : setOpen(item, true)),
    ArrowLeft: () =>
      isOpen(item) ? setOpen(item, false) : select(item.parentElement.closest("li")),
    Enter: () => select(item),
    " ": () => {
      setOpen(item, !isOpen(item));
      select(item);
    },
  };
  return actions[event.key];
}

function render({ model, el }) {
  const root = make("ul", "uid-tree", "", { role: "tree", "aria-label": model.get("label") });
  const items = buildTree(model.get("nodes"), root);
  if (items.length) items[0].tabIndex = 0;

  const select = (item) => {
    if (!item) return;
    markItem(items, item);
    item.focus();
    model.set("selected", Number(item.dataset.index));
    model.save_changes();
  };
  root.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    if (event.target.closest(".mark")) setOpen(item, !isOpen(item));
    select(item);
  });
  root.addEventListener("dblclick", (event) => {
    const item = event.target.closest("li");
    if (item) setOpen(item, !isOpen(item));
  });
  root.addEventListener("keydown", (event) => {
    const item = event.target.closest("li") ?? items.find((one) => one.tabIndex === 0);
    if (!item || leadsOut(event) || event.altKey) return;
    const action = keyAction(event, item, items, select);
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  });
  const follow = () => {
    const item = items[model.get("selected")];
    if (item) markItem(items, item);
  };
  model.on("change:selected", follow);
  follow();
  el.append(root);
  return () => model.off("change:selected", follow);
}

export default { render };
