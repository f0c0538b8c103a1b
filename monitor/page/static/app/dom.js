// Making and changing elements. Text is only ever text: nothing here or elsewhere parses markup.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [props] @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "class") node.className = value;
    else if (key === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (key in node && !key.startsWith("aria")) /** @type {any} */ (node)[key] = value;
    else node.setAttribute(key, String(value));
  }
  for (const child of children) if (child !== null) node.append(child);
  return node;
}

/** @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string | null} value */
export function setAttr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Put `wanted` into `parent` in this order, moving only what stands wrong. @param {Element} parent @param {Element[]} wanted */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}

/**
 * A dialog that asks something; resolves with the values of its fields, or null when it is left.
 * @param {string} title @param {HTMLElement[]} body @param {string} confirm @param {string} cancel
 * @returns {Promise<boolean>}
 */
export function ask(title, body, confirm, cancel) {
  return new Promise((resolve) => {
    const yes = el("button", { class: "primary", value: "yes", type: "submit" }, confirm);
    const no = el("button", { value: "no", type: "button", on: { click: () => dialog.close("no") } }, cancel);
    const heading = el("h2", { id: "dialog-title" }, title);
    const form = el("form", { method: "dialog" }, heading, ...body, el("div", { class: "row end" }, no, yes));
    const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, form);
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
