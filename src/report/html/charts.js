// Bars and the heat map: tables with colours, so that they can be read, printed and heard.

/** Horizontal bars, the largest first. */
function bars(caption, items, text) {
  if (!items.length) return null;
  const most = Math.max(...items.map((item) => item.value), 0) || 1;
  const rows = items.map(({ label, note, about, value }) => {
    const bar = element("div", { class: "fill" });
    bar.style.width = `${Math.max(0.5, (value / most) * 100)}%`;
    return element("tr", {},
      element("th", { scope: "row", title: label }, isolated(label)),
      element("td", { class: "track", "aria-hidden": "true" }, bar),
      element("td", { class: "number" }, text(value)),
      element("td", { class: "note", title: about ?? note }, note ?? ""));
  });
  return element("figure", { class: "bars" },
    element("table", {}, element("caption", {}, caption), element("tbody", {}, ...rows)));
}

/** Accounts by Regions, by coverage or by what NAT gateways cost. */
class HeatMap {
  constructor() {
    this.few = 25;
    this.mode = "coverage";
    this.cost = new Map();
    const gateways = table("nat_gateways");
    for (const row of gateways.rows) {
      const key = `${gateways.get(row, "account_id")} ${gateways.get(row, "region")}`;
      const usd = gateways.get(row, "monthly_total_usd");
      const sum = this.cost.get(key) ?? { usd: 0, unknown: 0 };
      if (usd == null) sum.unknown += 1;
      else sum.usd += usd;
      this.cost.set(key, sum);
    }
    this.most = Math.max(...[...this.cost.values()].map((sum) => sum.usd), 1);
    // Regions in which nothing was wanted of any account show nothing.
    const wanted = ([region, [complete, , gaps]]) => region && (complete || gaps);
    const regions = head.heat.flatMap((account) => Object.entries(account.regions).filter(wanted));
    this.regions = [...new Set(regions.map(([region]) => region))].sort();
    this.holder = element("div", { class: "scroll heat", tabindex: "0", role: "region", "aria-label": "Accounts by Regions" });
    this.more = element("button", { type: "button", onclick: () => { this.few = Infinity; this.draw(); } });
    this.element = element("div", {},
      element("h3", {}, "Accounts by Regions"),
      element("fieldset", { class: "modes" },
        element("legend", { class: "hidden" }, "What the map shows"),
        this.choice("coverage", "Coverage"), this.choice("cost", "NAT gateway cost")),
      element("p", { class: "legend", id: "heat-legend" }), this.holder, this.more);
    this.draw();
  }

  choice(mode, label) {
    const id = `heat-${mode}`;
    return element("span", {},
      element("input", { type: "radio", name: "heat", id, checked: mode === this.mode, onchange: () => { this.mode = mode; this.draw(); } }),
      element("label", { for: id }, label));
  }

  /** The text, the colour and the size of a cell. */
  cell(account, region) {
    if (this.mode === "coverage") {
      const steps = account.regions[region];
      if (!steps) return { text: "", level: "none", size: 0 };
      const [complete, notWanted, gaps] = steps;
      if (gaps) return { text: `${gaps} missing`, level: complete ? "some" : "bad", size: gaps };
      return complete ? { text: "complete", level: "good", size: 0 } : { text: notWanted ? "skipped" : "", level: "none", size: 0 };
    }
    const sum = this.cost.get(`${account.id} ${region}`);
    if (!sum) return { text: "", level: "none", size: 0 };
    if (!sum.usd && sum.unknown) return { text: UNKNOWN, level: "some", size: 0 };
    const level = Math.min(5, Math.ceil((sum.usd / this.most) * 5)) || 1;
    return { text: numbers.whole.format(sum.usd) + (sum.unknown ? " +?" : ""), level: `heat-${level}`, size: sum.usd };
  }

  draw() {
    const coverage = this.mode === "coverage";
    const columns = coverage && head.heat.some((account) => account.regions[""]) ? ["", ...this.regions] : this.regions;
    const accounts = head.heat.map((account) => {
      const cells = columns.map((region) => this.cell(account, region));
      return { account, cells, size: cells.reduce((sum, cell) => sum + cell.size, 0) };
    }).sort((a, b) => b.size - a.size);
    const rows = accounts.slice(0, this.few).map(({ account, cells }) => element("tr", {},
      element("th", { scope: "row", title: account.name ? isolated(account.name) : null },
        account.name ? element("span", { class: "name" }, isolated(account.name)) : null, element("small", {}, account.id)),
      ...cells.map(({ text, level }) => element("td", { class: level }, text))));
    this.holder.replaceChildren(element("table", {},
      element("caption", { class: "hidden" }, coverage ? "Steps that are missing, by account and Region" : "USD/month for NAT gateways, by account and Region"),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Account"),
        ...columns.map((region) => element("th", { scope: "col" }, region || "whole account")))),
      element("tbody", {}, ...rows)));
    this.element.querySelector("#heat-legend").textContent = coverage
      ? "Steps that were wanted and are missing. Accounts with most of them come first."
      : "USD/month, hours and data. Accounts that pay most come first; +? marks gateways of unknown cost.";
    const left = accounts.length - rows.length;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${numbers.whole.format(left)} more accounts`;
  }
}
