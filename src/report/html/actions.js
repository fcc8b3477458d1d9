// What to do: each action unfolds to why, what, cost, risk and undo.

const AT_FIRST = 10;

/** The places of the rows that ask for something to be done. */
const toDo = (() => {
  const data = table("opportunities");
  return data.rows.map((_, place) => place).filter((place) => data.get(data.rows[place], "action") !== "none");
})();

function fill(text, get) {
  const vpc = get("vpc_name") ? `${get("vpc_name")} (${get("vpc_id")})` : get("vpc_id");
  return text.replace(/\{(\w+)\}/g, (_, column) => (column === "vpc" ? `the VPC ${vpc}` : get(column) ?? UNKNOWN));
}

/** GB as precise as a decision needs. */
const gbText = (gb) => `${(gb >= 100 ? numbers.whole : numbers.fine).format(gb)} GB`;

/** What an action saves, in words. */
function savingOf(get) {
  const [saving, most] = [get("monthly_saving_usd"), get("saving_ceiling_usd")];
  if (saving != null) return { text: `${usd(Math.abs(saving))}/month`, note: saving < 0 ? "costs, measured" : "saves, measured", level: saving > 0 ? "good" : "plain" };
  if (most === 0) return { text: "0.00 USD/month", note: "saves no money", level: "plain" };
  if (most != null) return { text: `${usd(most)}/month`, note: "saves at most, not measured", level: "some" };
  return { text: UNKNOWN, note: "saving", level: "plain" };
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
    const named = (name, id) => (get(name) ? `${get(name)} (${get(id)})` : get(id));
    return `VPC ${named("vpc_name", "vpc_id")}, ${get("region")}, account ${named("account_name", "account_id")}`;
  }

  /** Everything that a decision needs. */
  details() {
    const { get, words } = this;
    const item = (term, ...parts) => [element("dt", {}, term), element("dd", {}, ...parts)];
    const list = element("dl", {}, ...item("Why", get("reason")));
    if (words) list.append(...item("What", fill(words.what, get)));
    list.append(...item("Cost and saving", this.money(), words ? element("p", {}, words.cost) : null));
    const caveats = get("caveats") ?? [];
    list.append(...item("Risk", caveats.length
      ? element("ul", {}, ...caveats.map((id) => element("li", {}, head.meanings.caveats[id] ?? id)))
      : "None is known."));
    if (words) list.append(...item("Undo", words.undo));
    const template = this.template();
    if (template) list.append(...item("Template", ...template));
    return list;
  }

  money() {
    const { get } = this;
    const facts = [
      ["Saving, measured", usd(get("monthly_saving_usd"))],
      ["Saving at most", get("saving_ceiling_usd") == null ? null : usd(get("saving_ceiling_usd"))],
      ["Endpoint", usd(get("monthly_endpoint_usd"))],
      ["Same GB by NAT gateways today", get("action") === "remove" ? null : usd(get("monthly_nat_usd"))],
      ["GB a month, measured", get("gb_month") == null ? UNKNOWN : gbText(get("gb_month"))],
      ["Pays from", get("break_even_gb_month") ? `${gbText(get("break_even_gb_month"))} a month` : null],
      ["DNS queries in the window", get("query_count") == null ? UNKNOWN : numbers.whole.format(get("query_count"))],
    ];
    return element("table", { class: "facts" }, element("tbody", {}, ...facts.filter(([, text]) => text)
      .map(([label, text]) => element("tr", {}, element("th", { scope: "row" }, label), element("td", { class: "number" }, text)))));
  }

  /** The template as CloudFormation, and the command that writes it with its README. */
  template() {
    const command = this.command();
    if (!command) return null;
    const words = this.text ? "This command writes it with a README of how to apply, verify and undo it:" : "This command writes the template, with a README of how to apply, verify and undo it:";
    const shown = this.text && element("details", { class: "template" }, element("summary", {}, "CloudFormation"),
      element("pre", { tabindex: "0", role: "region", "aria-label": `CloudFormation template: ${this.title()}` }, element("code", {}, this.text)));
    return [shown, element("p", {}, words), element("code", { class: "command" }, command)];
  }

  command() {
    const { get } = this;
    const action = get("action");
    if (["none", "remove"].includes(action)) return null;
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
  if (!places.length) return element("p", {}, "Nothing is proposed.");
  return element("div", {}, list, more);
}
