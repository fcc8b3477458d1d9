// What to do: each action unfolds to why, what, cost, risk and undo.

const AT_FIRST = 10;

function fill(text, get) {
  const vpc = get("vpc_name") ? `${get("vpc_name")} (${get("vpc_id")})` : get("vpc_id");
  return text.replace(/\{(\w+)\}/g, (_, column) => (column === "vpc" ? `the VPC ${vpc}` : get(column) ?? UNKNOWN));
}

/** What an action saves, in words. */
function savingOf(get) {
  const [saving, most] = [get("monthly_saving_usd"), get("saving_ceiling_usd")];
  if (saving != null) return { text: `${usd(Math.abs(saving))}/month`, note: saving < 0 ? "costs, measured" : "saves, measured", level: saving > 0 ? "good" : "plain" };
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
    const command = this.command();
    if (command) list.append(...item("Template", element("p", {}, "This command writes the template of this endpoint:"), element("code", {}, command)));
    return list;
  }

  money() {
    const { get } = this;
    const facts = [
      ["Saving, measured", usd(get("monthly_saving_usd"))],
      ["Saving at most", get("saving_ceiling_usd") == null ? null : usd(get("saving_ceiling_usd"))],
      ["Endpoint", usd(get("monthly_endpoint_usd"))],
      ["Same GB by NAT gateways today", usd(get("monthly_nat_usd"))],
      ["GB a month, measured", get("gb_month") == null ? UNKNOWN : `${numbers.fine.format(get("gb_month"))} GB`],
      ["Pays from", get("break_even_gb_month") ? `${numbers.fine.format(get("break_even_gb_month"))} GB a month` : null],
      ["DNS queries in the window", get("query_count") == null ? UNKNOWN : numbers.whole.format(get("query_count"))],
    ];
    return element("table", { class: "facts" }, element("tbody", {}, ...facts.filter(([, text]) => text)
      .map(([label, text]) => element("tr", {}, element("th", { scope: "row" }, label), element("td", { class: "number" }, text)))));
  }

  command() {
    const { get } = this;
    if (!["create_gateway", "create_interface"].includes(this.kind)) return null;
    const unmeasured = get("basis") === "measured" ? "" : " --include-unmeasured";
    return `vpce-scout iac --run ${head.run.id} --format cloudformation --accounts ${get("account_id")} --regions ${get("region")} --services ${get("service")} --actions create${unmeasured}`;
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
  const data = table("opportunities");
  const places = data.rows.map((_, place) => place).filter((place) => data.get(data.rows[place], "action") !== "none");
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
    more.textContent = `Show ${Math.min(AT_FIRST * 2, places.length - shown)} more of ${numbers.whole.format(places.length - shown)}`;
  }
  show(AT_FIRST);
  if (!places.length) return element("p", {}, "Nothing is proposed.");
  return element("div", {}, list, more);
}
