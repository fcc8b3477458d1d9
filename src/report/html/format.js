// Numbers and times as people read them, and elements made of text: nothing here parses markup.

const GB = 2 ** 30;
const UNKNOWN = "unknown";

const numbers = {
  whole: new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }),
  cents: new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  fine: new Intl.NumberFormat("en-US", { minimumFractionDigits: 0, maximumFractionDigits: 4 }),
  price: new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 10 }),
};

const usd = (amount) => (amount == null ? UNKNOWN : `${numbers.cents.format(amount)} USD`);

function bytes(count) {
  if (count == null) return UNKNOWN;
  if (count >= GB) {
    const gb = count / GB;
    return `${(gb >= 1000 ? numbers.whole : numbers.cents).format(gb)} GB`;
  }
  if (count >= 2 ** 20) return `${numbers.cents.format(count / 2 ** 20)} MB`;
  return count >= 2 ** 10 ? `${numbers.cents.format(count / 2 ** 10)} KB` : `${count} B`;
}

const plural = (count, thing) => `${numbers.whole.format(count)} ${thing}${count === 1 ? "" : "s"}`;

/** Characters that turn the direction of the text that follows. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** A name within a sentence: whatever direction it is written in, what follows it keeps its own. */
const isolated = (name) => `\u2068${String(name).replace(TURNS, "")}\u2069`;

/** A name where there is little room: its beginning and its end. */
function short(name, most = 48) {
  const letters = [...String(name)];
  return letters.length > most ? `${letters.slice(0, most - 12).join("")}…${letters.slice(-11).join("")}` : name;
}

/** `name (id)`, or the id. */
const named = (name, id) => (name ? `${isolated(name)} (${id})` : id);

/** Headings that explain more than the name of the column. */
const HEADINGS = {
  gb_month: "GB a month", gb_processed_month: "GB processed a month", break_even_gb_month: "Pays from (GB a month)",
  saving_ceiling_usd: "At most (USD/month)", monthly_saving_usd: "Saving (USD/month)", query_count: "DNS queries",
  query_share: "Share of queries", monthly_now_usd: "Now (USD/month)", monthly_best_usd: "Best plan (USD/month)",
  monthly_total_usd: "USD/month", monthly_usd: "USD/month", monthly_hours_usd: "Hours (USD/month)", monthly_data_usd: "Data (USD/month)",
  bytes: "Bytes in the window", nat_bytes: "Bytes by NAT gateways", data_usd: "Data (USD/month)", hours_usd_share: "Hours (USD/month)",
};

/** `hour_price_usd` as `Hour price (USD)`. */
function heading(column) {
  if (HEADINGS[column.name]) return HEADINGS[column.name];
  const words = column.name.split("_");
  const units = { usd: "USD", gb: "GB", ms: "ms", percent: "%" };
  const unit = words.length > 1 ? units[words.at(-1)] : undefined;
  if (unit) words.pop();
  const upper = { id: "ID", ids: "IDs", vpc: "VPC", vpcs: "VPCs", nat: "NAT", dns: "DNS", aws: "AWS", gb: "GB", ou: "OU", ipv4: "IPv4", "443": "443" };
  const text = words.map((word) => upper[word] ?? word).join(" ");
  const head = text[0].toUpperCase() + text.slice(1);
  return unit ? `${head} (${unit})` : head;
}

/** The text of a cell; an empty one is unknown or does not apply. */
function cellText(value, column) {
  if (value == null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value).replace(TURNS, "");
  switch (column.kind) {
    case "usd":
      return column.name.endsWith("price_usd") ? numbers.price.format(value) : numbers.cents.format(value);
    case "bytes":
      return bytes(value);
    case "share":
      return `${numbers.cents.format(value * 100)} %`;
    case "integer":
      return numbers.whole.format(value);
    case "gb":
      return (Math.abs(value) >= 10 ? numbers.cents : numbers.fine).format(value);
    default:
      return numbers.fine.format(value);
  }
}

const NUMERIC = new Set(["integer", "bytes", "gb", "usd", "hours", "share", "percent", "number"]);

/**
 * An element. Attributes that are null are left out; children are elements or text.
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Does something when the page is ready and nobody waits. */
const later = (work) => (globalThis.requestIdleCallback ?? setTimeout)(work);
