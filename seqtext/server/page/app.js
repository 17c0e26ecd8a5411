// Tabs, by mouse and keyboard, each with an address of its own; a panel is made when it is first opened.

const tabs = [...document.querySelectorAll("[role=tab]")];
const names = tabs.map((tab) => tab.id.slice("tab-".length));
const opened = new Set();
const early = new Set(); // panels that were asked before their scripts had come

async function open(name) {
  tabs.forEach((tab, place) => {
    const chosen = names[place] === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(`panel-${names[place]}`).hidden = !chosen;
  });
  document.title = `${tabs[names.indexOf(name)].textContent} · seqtext`;
  if (opened.has(name)) return;
  opened.add(name);
  try {
    (await import(`./${name}.js`)).start();
    if (early.delete(name)) document.querySelector(`#panel-${name} form`).requestSubmit();
  } catch (error) {
    opened.delete(name);
    document.getElementById(`panel-${name}`).querySelector(".fault").textContent = "A part of the page could not be loaded. Is the server still running? Reload the page.";
    console.warn(error);
  }
}

/** Open the panel that the address names, the first where it names nothing; the link past the tabs changes nothing. */
function fromAddress() {
  const name = location.hash.slice(1);
  if (names.includes(name)) open(name);
  else if (!name || !opened.size) open(names[0]);
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => { location.hash = names[place]; });
  tab.addEventListener("keydown", (event) => {
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const target = (next + tabs.length) % tabs.length;
    tabs[target].focus();
    location.hash = names[target];
  });
});
// A form that no script has taken charge of yet would load the page anew, and what was typed would be lost.
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  early.add(event.target.closest("[role=tabpanel]").id.slice("panel-".length));
});
addEventListener("hashchange", fromAddress);
fromAddress();
