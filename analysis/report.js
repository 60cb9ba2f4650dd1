"use strict";
// The page works without this. It adds filters, sorting, side-by-side panels and links that can be shared.
// Nothing from an article is ever parsed as markup: nodes are hidden, moved or cloned, text is set as text.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const byId = (id) => document.getElementById(id);
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  document.documentElement.classList.add("js");

  // ---- filters: a box of controls, the items it shows or hides, and what holds those items
  const words = (text) => (text || "").split(" ").filter(Boolean);
  class Filter {
    constructor(box) {
      this.box = box;
      this.key = box.dataset.group;
      this.controls = all("select, input", box);
      this.out = box.querySelector("output");
      this.share = box.querySelector(".share");
      const holders = box.dataset.holders ? all(box.dataset.holders) : [];
      this.items = all(box.dataset.items).map((node) => ({
        node,
        mate: byId(node.dataset.mate || ""),
        holders: holders.filter((h) => h.contains(node)),
        tokens: {},
        text: null,
      }));
      this.holders = holders.map((node) => ({ node, open: node.open }));
      box.addEventListener("input", () => this.changed());
      box.querySelector("button").addEventListener("click", () => {
        this.clear();
        this.changed();
      });
      this.apply();
    }
    tokens(item, name) {
      return (item.tokens[name] ??= words(item.node.dataset[name]));
    }
    text(item) {
      return (item.text ??= `${item.node.textContent} ${item.mate ? item.mate.textContent : ""}`.toLowerCase());
    }
    chosen() {
      const values = {};
      for (const c of this.controls) {
        const value = c.value.trim();
        if (value) values[c.name] = c.selectedOptions ? (c.selectedOptions[0].dataset.i ?? value) : value.toLowerCase();
      }
      return values;
    }
    fits(item, want) {
      const { q, outlet, rendering, ...rest } = want;
      if (!Object.entries(rest).every(([name, value]) => this.tokens(item, name).includes(value))) return false;
      if ("cells" in item.node.dataset) {
        // outlet and rendering belong together: this outlet gives it so; an outlet that leaves it out does not report it
        const hit = (cell) => {
          const [o, r] = cell.split(":");
          return (!outlet || o === outlet) && (rendering ? r === rendering : r !== "omitted");
        };
        if ((outlet || rendering) && !this.tokens(item, "cells").some(hit)) return false;
      } else if (outlet && !this.tokens(item, "outlet").includes(outlet)) return false;
      return !q || words(q).every((w) => this.text(item).includes(w));
    }
    apply() {
      const want = this.chosen();
      const active = Object.keys(want).length > 0;
      const held = new Set();
      let shown = 0;
      for (const item of this.items) {
        const fits = this.fits(item, want);
        item.node.hidden = !fits;
        if (item.mate) item.mate.hidden = !fits;
        if (fits) {
          shown += 1;
          for (const h of item.holders) held.add(h);
        }
      }
      for (const { node, open } of this.holders) {
        node.hidden = active && !held.has(node);
        if ("open" in node) node.open = active ? held.has(node) : open;
      }
      this.out.textContent = active ? `${shown} of ${this.items.length} shown` : "";
      this.share.href = hashOf(this.box.dataset.target, filters);
    }
    changed() {
      this.apply();
      remember(this.box.dataset.target);
    }
    clear() {
      for (const c of this.controls) c.value = "";
    }
    read(params) {
      for (const c of this.controls) c.value = params.get(`${this.key}.${c.name}`) || "";
      for (const c of this.controls) if (c.selectedIndex === -1) c.value = "";
      this.apply();
    }
    write(params) {
      for (const c of this.controls) if (c.value.trim()) params.set(`${this.key}.${c.name}`, c.value.trim());
    }
  }

  // ---- the view in the address: #target?s.outlet=…&layers=…
  const switches = all(".switches input");
  const usual = switches.filter((s) => s.defaultChecked).map((s) => s.value).join(".");
  const chosenLayers = () => switches.filter((s) => s.checked).map((s) => s.value).join(".");
  const filters = [];
  function hashOf(target, groups) {
    const params = new URLSearchParams();
    for (const f of groups) f.write(params);
    if (chosenLayers() !== usual) params.set("layers", chosenLayers());
    const query = params.toString();
    return `#${target}${query ? `?${query}` : ""}`;
  }
  let waiting = 0;
  function remember(target) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const hash = hashOf(target, filters);
      for (const f of filters) f.share.href = hashOf(f.box.dataset.target, filters);
      try {
        history.replaceState(null, "", hash.includes("?") ? hash : `#${target}`);
      } catch {
        // some browsers limit how often the address may change; the view itself is right
      }
    }, 150);
  }
  function unfold(node) {
    for (let up = node; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  }
  function follow() {
    let hash = location.hash.slice(1);
    const at = hash.indexOf("?");
    if (at >= 0) {
      const params = new URLSearchParams(hash.slice(at + 1));
      for (const f of filters) f.read(params);
      const layers = params.get("layers");
      for (const s of switches) s.checked = layers === null ? s.defaultChecked : layers.split(".").includes(s.value);
      hash = hash.slice(0, at);
    }
    try {
      hash = decodeURIComponent(hash);
    } catch {
      return;
    }
    for (const old of all(".target")) old.classList.remove("target");
    const node = hash && byId(hash);
    if (!node) return;
    for (const f of filters) {
      if (node.closest("[hidden]") && f.items.some((i) => i.node.contains(node) || i.mate === node)) {
        f.clear();
        f.apply();
      }
    }
    unfold(node);
    if (node.tagName !== "H2") node.classList.add("target");
    if (!node.hasAttribute("tabindex") && node.tagName !== "DETAILS") node.tabIndex = -1;
    (node.tagName === "DETAILS" ? node.querySelector("summary") : node).focus({ preventScroll: true });
    node.scrollIntoView({ behavior: "instant", block: "start" });
    requestAnimationFrame(() => node.scrollIntoView({ behavior: "instant", block: "start" }));
  }

  // ---- sorting: a button in every column head
  function sorts(table) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", textContent: head.textContent });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const number = head.classList.contains("n");
        const old = head.getAttribute("aria-sort");
        const down = old ? old === "ascending" : number;
        const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
        const compare = (a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = number ? parseFloat(x) - parseFloat(y) : x.localeCompare(y, "en");
          return down ? -order : order;
        };
        for (const h of heads) h.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        body.replaceChildren(...[...body.rows].sort(compare));
      });
    });
  }

  // ---- the panel: renderings side by side, or the sentences behind a number
  const panel = byId("panel");
  const [panelTitle, panelBody] = [byId("panel-title"), byId("panel-body")];
  const copy = (node) => {
    const twin = node.cloneNode(true);
    for (const n of [twin, ...all("[id]", twin)]) n.removeAttribute("id");
    twin.classList.remove("target");
    return twin;
  };
  function show(title, nodes, name) {
    panel.className = name;
    panelTitle.textContent = title;
    panelBody.replaceChildren(...nodes);
    panel.showModal();
    panelTitle.focus();
    panel.scrollTop = 0;
  }
  const away = (id, text) => make("a", { href: `#${id}`, textContent: text });
  function showStatement(link) {
    const details = byId(decodeURIComponent(link.hash.slice(1)));
    const [summary, ...rest] = [...details.children].map(copy);
    const outlet = link.querySelector(".o")?.textContent;
    for (const body of rest) {
      for (const col of all(".col", body)) col.classList.toggle("chosen", col.querySelector("h4").textContent === outlet);
    }
    show(summary.textContent.trim(), rest, "");
  }
  function showSentences(link) {
    const articles = all("#articles ~ .article");
    const nodes = [];
    let n = 0;
    for (const group of words(link.dataset.refs)) {
      const [article, list] = group.split(":");
      const home = articles[Number(article)];
      for (const run of list.split(",")) {
        const [first, last = first] = run.split("-").map(Number);
        for (let i = first; i <= last; i += 1) {
          const sentence = byId(`${home.id}.${i}`);
          if (!sentence) continue;
          n += 1;
          const who = make("span", { className: "who" }, `${home.dataset.name}, `, away(sentence.id, "in the article"));
          nodes.push(make("blockquote", {}, who, copy(sentence)));
        }
      }
    }
    const total = Number(link.dataset.n);
    const note = total > n ? `${n} of ${total} sentences; the others are in the tables.` : `${n} sentence${n === 1 ? "" : "s"}.`;
    nodes.unshift(make("p", { className: "small soft", textContent: note }));
    const row = link.closest("tr");
    const column = row && link.closest("table").tHead.rows[0].cells[link.closest("td, th").cellIndex].textContent;
    const lead = row ? [link.closest(".view")?.querySelector("summary").firstChild.textContent, row.cells[0].textContent, row.cells[1].textContent, column] : [link.closest("li")?.querySelector("strong")?.textContent];
    const title = [...new Set(lead.filter(Boolean).map((t) => t.trim()))].join(" · ");
    show(`${title}: ${link.textContent.trim()}`, nodes, link.dataset.layer === "said" ? "with-said with-marked" : `with-${link.dataset.layer}`);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.dataset.refs) {
      event.preventDefault();
      showSentences(link);
    } else if (link.matches("a.c")) {
      event.preventDefault();
      showStatement(link);
    } else if (link.hash && link.getAttribute("href").startsWith("#")) {
      if (panel.open) panel.close();
      if (link.hash === location.hash) follow();
    }
  });
  byId("panel-close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
  for (const link of all("a.c, a[data-refs]")) link.setAttribute("aria-haspopup", "dialog");

  all("table.sortable").forEach(sorts);
  for (const box of all(".controls[data-group]")) filters.push(new Filter(box));
  for (const s of switches) s.addEventListener("change", () => remember("articles"));
  addEventListener("hashchange", follow);
  if (location.hash) follow();
})();
