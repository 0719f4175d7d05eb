function treeItem(node, index) {
  const item = document.createElement("li");
  item.setAttribute("role", "treeitem");
  item.setAttribute("aria-level", String(node.depth + 1));
  item.setAttribute("aria-selected", "false");
  item.tabIndex = -1;
  item.dataset.index = String(index);
  const row = document.createElement("span");
  row.className = "row";
  const mark = document.createElement("span");
  mark.className = "mark";
  mark.setAttribute("aria-hidden", "true");
  const level = document.createElement("strong");
  level.textContent = node.level;
  const label = document.createElement("span");
  label.textContent = node.label;
  const uid = document.createElement("code");
  uid.textContent = node.uid;
  row.append(mark, level, label, uid);
  item.append(row);
  return item;
}

function build(nodes, root) {
  const groups = [root];
  return nodes.map((node, index) => {
    const item = treeItem(node, index);
    groups[node.depth].append(item);
    if (node.branch) {
      item.setAttribute("aria-expanded", String(node.depth === 0 && index === 0));
      const group = document.createElement("ul");
      group.setAttribute("role", "group");
      item.append(group);
      groups[node.depth + 1] = group;
    }
    return item;
  });
}

function render({ model, el }) {
  const root = document.createElement("ul");
  root.className = "uid-tree";
  root.setAttribute("role", "tree");
  root.setAttribute("aria-label", model.get("label"));
  // the notebook would take the arrow keys for itself
  root.dataset.lmSuppressShortcuts = "true";
  const items = build(model.get("nodes"), root);
  if (items.length) items[0].tabIndex = 0;

  const expanded = (item) => item.getAttribute("aria-expanded") === "true";
  const expand = (item, open) => {
    if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", String(open));
  };
  const parentOf = (item) => item.parentElement.closest("li");
  const shown = () =>
    items.filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));

  const mark = (item) => {
    for (const other of items) {
      other.tabIndex = other === item ? 0 : -1;
      other.setAttribute("aria-selected", String(other === item));
    }
  };
  const select = (item) => {
    if (!item) return;
    mark(item);
    item.focus();
    model.set("selected", Number(item.dataset.index));
    model.save_changes();
  };

  root.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    if (event.target.closest(".mark")) expand(item, !expanded(item));
    select(item);
  });
  root.addEventListener("dblclick", (event) => {
    const item = event.target.closest("li");
    if (item) expand(item, !expanded(item));
  });
  root.addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const visible = shown();
    const place = visible.indexOf(item);
    const moves = {
      ArrowDown: () => select(visible[place + 1]),
      ArrowUp: () => select(visible[place - 1]),
      Home: () => select(visible[0]),
      End: () => select(visible[visible.length - 1]),
      ArrowRight: () => {
        if (expanded(item)) select(visible[place + 1]);
        else expand(item, true);
      },
      ArrowLeft: () => {
        if (expanded(item)) expand(item, false);
        else select(parentOf(item));
      },
      Enter: () => select(item),
      " ": () => {
        expand(item, !expanded(item));
        select(item);
      },
    };
    if (event.key in moves) {
      moves[event.key]();
      event.preventDefault();
      event.stopPropagation();
    }
  });
  const chosen = () => {
    const item = items[model.get("selected")];
    if (item) mark(item);
  };
  model.on("change:selected", chosen);
  chosen();
  el.append(root);
  return () => model.off("change:selected", chosen);
}

export default { render };
