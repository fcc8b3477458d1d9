// Puts the page together.

const totals = head.totals;
const figures = head.figures;

function card(label, value, note, level) {
  return element("div", { class: `card ${level ?? ""}` }, element("dt", {}, label), element("dd", {}, element("b", {}, value), element("small", {}, note)));
}

function without(count, what) {
  return count ? `, without ${numbers.whole.format(count)} ${what}` : "";
}

// A count of what could not be listed anywhere is no zero.
function listed(step, count, what) {
  return (totals.not_listed ?? []).includes(step) ? "none could be listed" : plural(count, what);
}

function queries() {
  const label = "DNS queries in the window";
  if (figures.queries) return card(label, numbers.whole.format(figures.queries[0]), `${numbers.whole.format(figures.queries[1])} to AWS services`);
  return totals.vpcs || listed("vpcs", 0, "VPC") !== "0 VPCs" ? card(label, UNKNOWN, "no query log was read") : card(label, "none", "no VPC was found");
}

function summary() {
  const gaps = Object.entries(totals.gaps);
  const missing = gaps.reduce((sum, [, count]) => sum + count, 0);
  const cards = element("dl", { class: "cards" },
    card("NAT gateways now, a month", usd(figures.nat_monthly_usd), listed("nat_gateways", totals.nat_gateways, "NAT gateway") + without(totals.nat_gateways_cost_unknown, totals.nat_gateways_young ? "whose price, bytes or month are unknown (less than 24 hours make no month)" : "whose price or bytes are unknown")),
    card("Endpoints now, a month", usd(figures.endpoints_monthly_usd), listed("endpoints", totals.endpoints, "endpoint") + without(totals.endpoints_price_unknown, "of unknown price")),
    card("Saving a month, measured", totals.opportunities ? usd(figures.monthly_saving_usd) : "none", totals.opportunities ? `${plural(totals.opportunities, "action")}, ${numbers.whole.format(totals.opportunities_saving_unknown)} not measured` : "no action is proposed", figures.monthly_saving_usd ? "good" : ""),
    card("Saving a month, at most", usd(figures.nat_data_monthly_usd), "what NAT gateways charge for data now: endpoints can save no more of it"),
    queries(),
    card("Missing", missing ? element("a", { href: "#coverage" }, plural(missing, "step")) : "nothing", missing ? gaps.map(([reason, count]) => `${reason.replaceAll("_", " ")} ${numbers.whole.format(count)}`).join(", ") : "every step is complete", missing ? "some" : "good"));
  document.getElementById("summary").append(cards);
}

/** What is missing and what to do about it; each links to the rows of its reason. */
function gaps() {
  const found = Object.entries(totals.gaps).sort((a, b) => b[1] - a[1]);
  if (!found.length) return null;
  const row = ([reason, count]) => element("tr", {},
    element("th", { scope: "row" }, element("a", { href: `#coverage.filter=reason%3A${reason}&at=table-coverage` }, reason.replaceAll("_", " "))),
    element("td", { class: "number" }, plural(count, "step")), element("td", {}, (head.meanings.gaps[reason] ?? "").replaceAll("`", "")));
  return element("div", { class: "gaps" }, element("h3", {}, "What is missing, and what to do"),
    element("table", {}, element("tbody", {}, ...found.map(row))));
}

function services() {
  const item = (column) => (row) => ({ label: row.service, value: row[column], note: `${numbers.whole.format(row.vpcs_without_endpoint)} of ${plural(row.vpcs, "VPC")} without it`, about: `${plural(row.vpcs, "VPC")}, ${numbers.whole.format(row.vpcs_without_endpoint)} without an endpoint` });
  const charts = element("div", { class: "charts" });
  for (const chart of [
    bars("Services by DNS queries", head.services_by_queries.map(item("query_count")), (value) => numbers.whole.format(value)),
    bars("Services by bytes, from flow logs", head.services_by_bytes.map(item("bytes")), bytes),
  ]) if (chart) charts.append(chart);
  if (!charts.children.length) charts.append(element("p", {}, "There is nothing to draw: no query log was read, or none has a query to an AWS service."));
  // The picture of the flow comes when the page can be used.
  const flow = element("div", { class: "flow" });
  later(() => flow.append(sankey() ?? ""));
  document.getElementById("services").append(charts, flow);
}

function gateways() {
  const items = head.nat_gateways.map((row) => ({
    label: row.name ?? row.nat_gateway_id, value: row.monthly_total_usd,
    note: `${row.region}, ${isolated(short(row.account_name ?? row.account_id, 30))}`, about: `${row.region}, account ${named(row.account_name, row.account_id)}, ${row.nat_gateway_id}`,
  }));
  const chart = bars("NAT gateways by cost a month", items, usd);
  if (chart) document.getElementById("nat-gateways").append(chart);
}

/** Why a table of things has no row. */
function none(step, thing) {
  return (totals.not_listed ?? []).includes(step) ? `Unknown: no ${thing} could be listed. Coverage states why.` : `No ${thing} was found in the accounts and Regions that were scanned.`;
}

const PLACE = ["account_name", "account_id", "region"];
const VIEWS = [
  { name: "opportunities", section: "actions", caption: "All opportunities, best first", empty: nothingToDo(), details: explain,
    columns: ["action", "service", "monthly_saving_usd", "saving_ceiling_usd", "account_name", "vpc_name", "region", "gb_month", "basis", "endpoint_type", "vpc_id", "reason"] },
  { name: "hub_or_own", section: "actions", caption: "A central endpoint or one in each VPC", empty: "There is no service of which endpoints could be shared.",
    columns: ["region", "service", "vpcs", "vpcs_measured", "gb_month", "monthly_now_usd", "monthly_best_usd", "reason", "hub_vpc_id"] },
  { name: "accounts", section: "coverage", caption: "Accounts",
    columns: ["account_name", "account_id", "ou_path", "status", "scanned", "regions_scanned", "vpcs", "reason"] },
  { name: "coverage", section: "coverage", caption: "Steps by account and Region",
    columns: ["outcome", "reason", "step", ...PLACE, "error_code", "message"] },
  { name: "services", section: "services", caption: "Services of the whole organization", empty: "No query log was read, or none has a query to an AWS service.",
    columns: ["service", "query_count", "query_share", "bytes", "accounts", "regions", "vpcs", "vpcs_with_endpoint", "vpcs_without_endpoint", "public_queries", "private_queries", "monthly_saving_usd"] },
  { name: "nat_gateways", section: "nat-gateways", caption: "NAT gateways", empty: none("nat_gateways", "NAT gateway"),
    columns: ["name", "nat_gateway_id", "monthly_total_usd", "monthly_hours_usd", "monthly_data_usd", "gb_processed_month", "idle", "state", ...PLACE, "vpc_id"] },
  { name: "egress_chargeback", section: "nat-gateways", caption: "Central NAT gateways by the VPCs that go out by them", empty: "No VPC is known to go out by NAT gateways of another VPC.",
    columns: ["hub_vpc_name", "hub_vpc_id", "nat_gateway_id", "spoke_account_name", "spoke_account_id", "spoke_vpc_name", "spoke_vpc_id", "bytes", "share", "data_usd", "hours_usd_share", "basis", "hub_account_name", "hub_account_id", "region"] },
  { name: "flow_usage", section: "nat-gateways", caption: "Bytes of VPCs by way, from flow logs", empty: "No flow log was read.",
    columns: ["vpc_name", "vpc_id", "way", "bytes", "attributed_percent", "ambiguous_bytes", "unmatched_bytes", ...PLACE] },
  { name: "bill", section: "nat-gateways", caption: "What AWS billed, against what was computed (scan --bill)", empty: "The bill was not read, or has no such item: scan --bill reads it.",
    columns: ["account_name", "account_id", "region", "item", "usage", "usage_unit", "billed_usd", "computed_usd", "difference_percent", "discount_percent", "record_type", "nat_gateway_id", "billed_amount", "currency", "remark"] },
  { name: "endpoints", section: "endpoints", caption: "Existing endpoints", empty: none("endpoints", "endpoint"),
    columns: ["service", "endpoint_id", "endpoint_type", "state", "findings", "monthly_usd", "gb_processed_month", ...PLACE, "vpc_id"] },
  { name: "findings", section: "endpoints", caption: "What the findings mean", wrap: true, empty: "Nothing is wrong with what was listed.", columns: ["finding", "endpoints", "nat_gateways", "meaning"] },
  { name: "vpcs", section: "vpcs", caption: "VPCs", empty: none("vpcs", "VPC"),
    columns: ["vpc_name", "vpc_id", ...PLACE, "egress", "query_logging", "flow_logs", "nat_gateways", "endpoints", "dns_queries", "aws_queries", "aws_services"] },
  { name: "vpc_services", section: "vpc-services", caption: "VPCs and the services that they call", empty: "No query log was read, or none has a query to an AWS service.",
    columns: ["vpc_name", "vpc_id", "service", "service_region", "query_count", "path", "endpoint_exists", "endpoint_supported", "nat_bytes", "bytes_to_service", "bytes_from_service", ...PLACE] },
  { name: "partner_services", section: "vpc-services", caption: "VPCs and the partners that they call", empty: "No query to a partner was seen.",
    columns: ["provider", "product", "vpc_name", "vpc_id", "path", "query_count", "nat_bytes", "monthly_saving_usd", "break_even_gb_month", "endpoint_service_name", "endpoint_exists", "hosts_stay", "caveats", ...PLACE] },
];

function start() {
  const { run } = head;
  const day = (time) => time.slice(0, 16).replace("T", " ");
  document.getElementById("scope").textContent = `${numbers.whole.format(totals.accounts_scanned)} of ${plural(totals.accounts, "account")} scanned${run.shard ? ` (shard ${run.shard})` : ""}, ${plural(totals.regions, "Region")}, ${(totals.not_listed ?? []).includes("vpcs") ? "VPCs unknown" : plural(totals.vpcs, "VPC")} · ${day(run.window_start)} to ${day(run.window_end)} UTC`;
  document.getElementById("colophon").textContent = `${head.tool}, run ${run.id}. A month is 730 hours, a GB is 2^30 bytes, amounts are US dollars. Unknown is unknown, never zero. Host names are in hosts.csv.`;
  summary();
  document.getElementById("actions").append(element("h3", {}, "What to do first"), actionList());
  document.getElementById("coverage").append(gaps() ?? "", new HeatMap().element);
  services();
  gateways();
  const views = VIEWS.map((options) => {
    const view = new TableView(options.name, options);
    document.getElementById(options.section).append(element("h3", {}, options.caption), view.element);
    return view;
  });
  const restore = () => {
    state.read();
    for (const view of views) view.restore();
    const at = state.values.get("at");
    if (at) document.getElementById(at)?.scrollIntoView();
  };
  addEventListener("hashchange", restore);
  addEventListener("beforeprint", () => { for (const card of document.querySelectorAll("details.action")) card.open = true; });
  restore();
  document.documentElement.dataset.ready = "true";
}

start();
