// Elements made from plain values: texts enter the page as text nodes only.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; attributes of null or false are left out, functions become listeners. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Make an element of a drawing. */
export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A table with a caption; cells are texts or elements, `right` the columns of numbers. */
export function table(caption, heads, rows, right = []) {
  const kind = (column) => (right.includes(column) ? "number" : null);
  const cells = (tag, row) => row.map((cell, column) => el(tag, { class: kind(column), scope: tag === "th" ? "col" : null }, cell));
  return el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, cells("th", heads))),
    el("tbody", {}, rows.map((row) => el("tr", {}, cells("td", row)))));
}

/** A probability as a person reads it. */
export function percent(share) {
  const value = 100 * share;
  return value >= 0.05 || value === 0 ? `${value.toFixed(1)}%` : "< 0.1%";
}

/** Characters as Python counts them: code points, not UTF-16 units. */
export const codePoints = (text) => Array.from(text);
