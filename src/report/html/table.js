// Tables of any length: only the rows in sight are in the page. Filters and sorts stand in the
// fragment of the address, so that a link leads to what was seen.

const ROW = 33;
const MARGIN = 12;

/** What the fragment holds: `NAME.filter`, `NAME.sort`, `NAME.all`, and `at`, a section. */
const state = {
  values: new URLSearchParams(),

  read() {
    const text = location.hash.slice(1);
    if (text.includes("=")) {
      this.values = new URLSearchParams(text);
    } else if (text) {
      // A link to a section leaves filters and sorts as they are.
      this.values.set("at", decodeURIComponent(text));
      this.write(text);
    }
  },

  write(section) {
    const others = [...this.values.keys()].some((name) => name !== "at");
    history.replaceState(null, "", others ? `#${this.values}` : `#${section}`);
  },

  set(key, value, section) {
    if (value) this.values.set(key, value);
    else this.values.delete(key);
    this.values.set("at", section);
    this.write(section);
  },
};

class TableView {
  constructor(name, options) {
    this.data = table(name);
    this.name = name;
    this.options = options;
    this.shown = this.data.rows.map((_, place) => place);
    this.first = -1;
    this.build();
  }

  build() {
    const { name, options, data } = this;
    this.input = element("input", {
      type: "search", "data-table": name, id: `filter-${name}`, autocomplete: "off", spellcheck: "false",
      placeholder: "words, or column:word",
      oninput: () => { this.filter(); this.remember("filter", this.input.value); },
    });
    this.count = element("output", { "data-count": name, for: `filter-${name}` });
    this.every = element("input", {
      type: "checkbox", id: `all-${name}`,
      onchange: () => { this.remember("all", this.every.checked ? "1" : ""); this.columnsChanged(); },
    });
    this.headRow = element("tr", { "aria-rowindex": "1" });
    this.body = element("tbody");
    this.table = element("table", { id: `table-${name}` },
      element("caption", { class: "hidden" }, options.caption),
      element("thead", {}, this.headRow), this.body);
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${options.caption}` }, this.table);
    this.scroll.addEventListener("scroll", () => this.draw(), { passive: true });
    const left = data.all - data.rows.length;
    this.element = element("div", { class: options.wrap ? "table wrapped" : "table" },
      element("div", { class: "tools" },
        element("label", { for: `filter-${name}` }, "Filter"), this.input,
        element("span", { class: "count" }, this.count, element("span", {}, ` of ${data.rows.length} ${data.rows.length === 1 ? "row" : "rows"}`)),
        element("span", { class: "toggle" }, this.every, element("label", { for: `all-${name}` }, "All columns"))),
      left > 0 ? element("p", { class: "notice" }, `The page holds ${numbers.whole.format(data.rows.length)} of ${numbers.whole.format(data.all)} rows. The rest is in ${name}.csv.`) : null,
      this.scroll);
    new ResizeObserver(() => this.draw(true)).observe(this.scroll);
  }

  remember(key, value) {
    state.set(`${this.name}.${key}`, value, this.options.section);
  }

  /** Takes filter, sort and columns from the fragment. */
  restore() {
    const get = (key) => state.values.get(`${this.name}.${key}`) ?? "";
    this.input.value = get("filter");
    this.sorting = get("sort");
    this.every.checked = get("all") === "1";
    this.filter(false);
    this.columnsChanged();
  }

  columnsChanged() {
    const wanted = this.options.columns;
    const all = this.data.columns.map((column, place) => ({ column, place }));
    this.visible = this.every.checked ? all
      : wanted.map((name) => all.find(({ column }) => column.name === name)).filter(Boolean);
    this.headRow.replaceChildren(...this.visible.map(({ column }) => this.headOf(column)));
    if (this.options.details) this.headRow.append(element("th", { scope: "col", class: "pinned" }, "Why and how"));
    this.table.setAttribute("aria-colcount", this.headRow.children.length);
    this.draw(true);
  }

  headOf(column) {
    const [name, direction] = this.sorted();
    const is = name === column.name;
    return element("th", {
      scope: "col", "data-column": column.name, class: NUMERIC.has(column.kind) ? "number" : null,
      "aria-sort": is ? direction : "none",
    }, element("button", { type: "button", title: `${column.name}: ${column.meaning.replaceAll("`", "")}`, onclick: () => this.sortBy(column.name) },
      heading(column), element("span", { class: "arrow", "aria-hidden": "true" }, is ? (direction === "ascending" ? "▲" : "▼") : "")));
  }

  sorted() {
    const name = (this.sorting ?? "").replace(/^-/, "");
    return [name, (this.sorting ?? "").startsWith("-") ? "descending" : "ascending"];
  }

  sortBy(name) {
    const [before, direction] = this.sorted();
    const column = this.data.columns[this.data.places.get(name)];
    // Of numbers, the largest are wanted first.
    const first = NUMERIC.has(column.kind) ? `-${name}` : name;
    const other = first === name ? `-${name}` : name;
    const now = direction === "descending" ? `-${name}` : name;
    this.sorting = before === name && now === first ? other : first;
    this.remember("sort", this.sorting);
    this.sort();
    this.columnsChanged();
    this.headRow.querySelector(`th[data-column="${name}"] button`)?.focus();
  }

  /** Keeps the rows that have every word, and `column:word` in that column. */
  filter(draw = true) {
    const { data } = this;
    const wanted = this.input.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      const [, name, rest] = /^(\w+):(.+)$/.exec(word) ?? [];
      const place = data.places.get(name);
      return place === undefined ? { word } : { word: rest, place };
    });
    const shown = [];
    for (let at = 0; at < data.rows.length; at += 1) {
      const fits = wanted.every(({ word, place }) => (place === undefined
        ? data.words()[at].includes(word)
        : String(data.rows[at][place] ?? "").toLowerCase().includes(word)));
      if (fits) shown.push(at);
    }
    this.shown = shown;
    this.count.textContent = String(shown.length);
    this.sort();
    this.scroll.scrollTop = 0;
    if (draw) this.draw(true);
  }

  sort() {
    const [name, direction] = this.sorted();
    const place = this.data.places.get(name);
    // Unsorted, the rows are in the order of the report, as the filter leaves them.
    if (place === undefined) return;
    const { rows } = this.data;
    const sign = direction === "ascending" ? 1 : -1;
    const key = (at) => {
      const value = rows[at][place];
      if (value == null || value === "") return null;
      return Array.isArray(value) ? value.join(", ") : value;
    };
    const keys = new Map(this.shown.map((at) => [at, key(at)]));
    this.shown.sort((a, b) => {
      const [one, other] = [keys.get(a), keys.get(b)];
      // What is not known comes last either way.
      if (one === null || other === null) return (one === null) - (other === null) || a - b;
      return one < other ? -sign : one > other ? sign : a - b;
    });
  }

  /** Puts the rows in sight into the page. */
  draw(anew = false) {
    if (!this.visible) return;
    const height = this.scroll.clientHeight || 400;
    // Rows that wrap have no height that is known before; there are few of them.
    const whole = this.options.wrap;
    const first = whole ? 0 : Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - MARGIN);
    const last = whole ? this.shown.length : Math.min(this.shown.length, first + Math.ceil(height / ROW) + 2 * MARGIN);
    if (!anew && first === this.first) return;
    this.first = first;
    const columns = this.headRow.children.length;
    const space = (rows) => {
      const cell = element("td", { colspan: columns });
      cell.style.height = `${rows * ROW}px`;
      return element("tr", { "aria-hidden": "true", class: "space" }, cell);
    };
    const rows = [];
    if (first > 0) rows.push(space(first));
    for (let at = first; at < last; at += 1) rows.push(this.rowOf(this.shown[at], at));
    if (last < this.shown.length) rows.push(space(this.shown.length - last));
    if (!this.shown.length) rows.push(element("tr", { class: "none" }, element("td", { colspan: columns }, element("span", {}, this.data.rows.length ? "No row passes the filter." : this.options.empty ?? "No rows. What could not be read is in Coverage."))));
    this.body.replaceChildren(...rows);
    this.table.setAttribute("aria-rowcount", this.shown.length + 1);
  }

  rowOf(place, at) {
    const row = this.data.rows[place];
    const made = element("tr", { "aria-rowindex": at + 2 });
    for (const { column, place: where } of this.visible) {
      const text = cellText(row[where], column);
      made.append(element("td", {
        class: NUMERIC.has(column.kind) ? "number" : null, title: text.length > 24 ? text : null,
        "data-value": row[where] == null ? "unknown" : null,
      }, text));
    }
    if (this.options.details) {
      made.append(element("td", { class: "pinned" }, element("button", { type: "button", class: "small", onclick: () => this.options.details(place) }, "Explain")));
    }
    return made;
  }
}
