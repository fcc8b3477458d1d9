// What to do: each action unfolds to why, what, cost, risk and undo.

const AT_FIRST = 10;

/** The places of the rows that ask for something to be done. */
const toDo = (() => {
  const data = table("opportunities");
  return data.rows.map((_, place) => place).filter((place) => data.get(data.rows[place], "action") !== "none");
})();

/** The VPC of an id with its name and account, as far as they are known. */
function vpcInWords(id) {
  const data = table("vpcs");
  const row = data.rows.find((it) => data.get(it, "vpc_id") === id);
  if (!row) return id;
  const account = named(data.get(row, "account_name"), data.get(row, "account_id"));
  return `${named(data.get(row, "vpc_name"), id)} of account ${account}`;
}

function fill(text, get) {
  const words = {
    vpc: () => `the VPC ${named(get("vpc_name"), get("vpc_id"))}`,
    hub_vpc_id: () => (get("hub_vpc_id") ? vpcInWords(get("hub_vpc_id")) : UNKNOWN),
  };
  return text.replace(/\{(\w+)\}/g, (_, column) => words[column]?.() ?? get(column) ?? UNKNOWN);
}

/** The number, from 1, of the action in which the most that these NAT gateways let save is counted. */
function countedIn(group) {
  const data = table("opportunities");
  const gateways = new Set(group.split(";"));
  return 1 + toDo.findIndex((place) => {
    const row = data.rows[place];
    const its = data.get(row, "ceiling_group");
    return data.get(row, "saving_ceiling_usd") > 0 && its?.split(";").some((id) => gateways.has(id));
  });
}

/** GB as precise as a decision needs. */
const gbText = (gb) => `${(gb >= 100 ? numbers.whole : numbers.fine).format(gb)} GB`;

/** What an action saves, in words. */
function savingOf(get) {
  const [saving, most] = [get("monthly_saving_usd"), get("saving_ceiling_usd")];
  if (saving != null) return { text: `${usd(Math.abs(saving))}/month`, note: saving < 0 ? "costs, measured" : "saves, measured", level: saving > 0 ? "good" : "plain" };
  if (most === 0) return { text: "0.00 USD/month", note: "saves no money", level: "plain" };
  if (most != null) return { text: `${usd(most)}/month`, note: "saves at most, not measured", level: "some" };
  const other = get("ceiling_group") ? countedIn(get("ceiling_group")) : 0;
  if (other) return { text: `within action ${other}`, note: "same NAT gateways", level: "plain" };
  return { text: UNKNOWN, note: "saving, not measured", level: "plain" };
}

class Action {
  constructor(place) {
    const data = table("opportunities");
    this.row = data.rows[place];
    this.get = (column) => data.get(this.row, column);
    this.kind = head.action_kinds[place] ?? this.get("action");
    this.words = head.meanings.actions[this.kind];
    this.text = head.action_templates[toDo.indexOf(place)] ?? null;
  }

  title() {
    const title = this.words?.title ?? this.kind;
    const service = this.get("service");
    return service ? `${title}: ${service}` : title;
  }

  place() {
    const { get } = this;
    const name = (column) => (get(column) ? short(get(column)) : null);
    return `VPC ${named(name("vpc_name"), get("vpc_id"))}, ${get("region")}, account ${named(name("account_name"), get("account_id"))}`;
  }

  /** Everything that a decision needs. */
  details() {
    const { get, words } = this;
    const item = (term, ...parts) => [element("dt", {}, term), element("dd", {}, ...parts)];
    const list = element("dl", {}, ...item("Why", get("reason")));
    const owner = `Account ${named(get("account_name"), get("account_id"))} owns the VPC and has to act.`;
    if (words) list.append(...item("What", fill(words.what, get), element("p", {}, owner)));
    list.append(...item("Cost and saving", this.money(), words ? element("p", {}, words.cost) : null, element("p", {}, this.basis())));
    const caveats = get("caveats") ?? [];
    list.append(...item("Risk", caveats.length
      ? element("ul", {}, ...caveats.map((id) => element("li", {}, head.meanings.caveats[id] ?? id)))
      : "None is known."));
    if (words) list.append(...item("Undo", words.undo));
    const template = this.template();
    if (template) list.append(...item("Template", ...template));
    return list;
  }

  /** What the money rests on. */
  basis() {
    const { get } = this;
    const hours = Math.round((Date.parse(head.run.window_end) - Date.parse(head.run.window_start)) / 3_600_000);
    if (get("basis") === "measured") {
      return `Measured over the ${numbers.whole.format(hours)} hours of the window, scaled to a month of 730 hours, at the prices of this run (report.json, the sheet Prices).`;
    }
    if (get("saving_ceiling_usd") > 0 && get("action") !== "remove") {
      return "Not measured: no flow log shows the GB of this service. The most is what the NAT gateways on the way charge for all data. vpce-scout logging enable flow plans the flow logs that measure it.";
    }
    if (get("ceiling_group") && get("saving_ceiling_usd") == null) {
      return `Not measured. The most that can be saved is what the same NAT gateways charge for data, which action ${countedIn(get("ceiling_group"))} shows: it counts once.`;
    }
    return get("saving_ceiling_usd") === 0 ? "No NAT gateway charges for this traffic: it is about the route, not about money." : "Not measured.";
  }

  money() {
    const { get } = this;
    const [service, action, measured] = [get("service"), get("action"), get("monthly_saving_usd") != null];
    const money = (column) => (get(column) == null ? null : `${usd(get(column))}/month`);
    const facts = [
      ["Saving, measured", measured ? money("monthly_saving_usd") : null],
      ["Saving at most", money("saving_ceiling_usd")],
      ["Saving", measured || get("saving_ceiling_usd") != null ? null : savingOf(get).text],
      [service ? (action === "remove" ? "Endpoint today" : "Endpoint") : "NAT gateways to create", money("monthly_endpoint_usd") ?? (service ? UNKNOWN : null)],
      [service ? "Same GB by NAT gateways today" : "Same GB between zones today", action === "remove" ? null : money("monthly_nat_usd") ?? UNKNOWN],
      ["GB a month, measured", get("gb_month") == null ? UNKNOWN : gbText(get("gb_month"))],
      ["Pays from", get("break_even_gb_month") ? `${gbText(get("break_even_gb_month"))} a month` : null],
      ["DNS queries in the window", !service ? null : get("query_count") == null ? UNKNOWN : numbers.whole.format(get("query_count"))],
    ];
    return element("table", { class: "facts" }, element("tbody", {}, ...facts.filter(([, text]) => text)
      .map(([label, text]) => element("tr", {}, element("th", { scope: "row" }, label), element("td", { class: "number" }, text)))));
  }

  /** The template as CloudFormation, and the command that writes it with its README. */
  template() {
    const command = this.command();
    if (!command) return this.get("action") === "none" ? null : ["There is no template for this step: it is made by hand."];
    const words = this.text ? "This command writes it with a README of how to apply, verify and undo it:" : "This command writes the template, with a README of how to apply, verify and undo it:";
    const shown = this.text && element("details", { class: "template" }, element("summary", {}, "CloudFormation"),
      element("pre", { tabindex: "0", role: "region", "aria-label": `CloudFormation template: ${this.title()}` }, element("code", {}, this.text)));
    // A flag stays with its value.
    const parts = command.split(/ (?=--)/).flatMap((part, at) => [at ? " " : "", element("span", {}, part)]);
    return [shown, element("p", {}, words), element("code", { class: "command" }, ...parts)];
  }

  command() {
    const { get } = this;
    const action = get("action");
    if (["none", "remove"].includes(action) || !get("service")) return null;
    const unmeasured = get("basis") === "measured" ? "" : " --include-unmeasured";
    // A hub and those that use it are in one plan, whichever accounts they are in.
    const whole = get("hub_vpc_id") != null;
    const accounts = whole ? "" : ` --accounts ${get("account_id")}`;
    const actions = whole ? "create,use_hub" : action;
    return `vpce-scout iac --run ${head.run.id} --format cloudformation${accounts} --regions ${get("region")} --services ${get("service")} --actions ${actions}${unmeasured}`;
  }

  card() {
    const saving = savingOf(this.get);
    const card = element("details", { class: "action" }, element("summary", {},
      element("span", { class: "what" }, element("strong", {}, this.title()), element("span", { class: "where" }, this.place())),
      element("span", { class: `amount ${saving.level}` }, element("b", {}, saving.text), element("small", {}, saving.note))));
    card.addEventListener("toggle", () => {
      if (card.open && card.children.length === 1) card.append(this.details());
    });
    return card;
  }
}

function explain(place) {
  const action = new Action(place);
  const dialog = document.getElementById("explain");
  const close = element("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(element("h2", { id: "explain-title" }, action.title()), element("p", {}, action.place()), action.details(), close);
  dialog.showModal();
  close.focus();
}

/** Why there is no action. */
function nothingToDo() {
  if (head.totals.not_listed?.includes("vpcs")) return "Unknown: no VPC could be listed.";
  return head.totals.vpcs ? "Nothing is proposed." : "Nothing is proposed: no VPC was found in the accounts and Regions that were scanned.";
}

/** The actions one after the other, some at a time. */
function actionList() {
  const places = toDo;
  const list = element("ol", { class: "actions" });
  let shown = 0;
  const more = element("button", { type: "button", onclick: () => {
    const from = list.children.length;
    show(AT_FIRST * 2);
    list.children[from]?.querySelector("summary").focus();
  } });
  function show(count) {
    list.append(...places.slice(shown, shown + count).map((place) => element("li", {}, new Action(place).card())));
    shown = Math.min(places.length, shown + count);
    more.hidden = shown === places.length;
    const left = places.length - shown;
    more.textContent = left > AT_FIRST * 2 ? `Show ${AT_FIRST * 2} more of ${numbers.whole.format(left)}` : `Show ${left} more`;
  }
  show(AT_FIRST);
  if (!places.length) return element("p", {}, nothingToDo());
  const note = "Measured savings first: they add up, and so do the amounts at most, each of which counts its NAT gateways once. After a change, scan again: vpce-scout diff shows what it saved.";
  return element("div", {}, element("p", { class: "legend" }, note), list, more);
}
