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

/** `monthly_saving_usd` as `Monthly saving (USD)`. */
function heading(column) {
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
  if (typeof value !== "number") return String(value);
  switch (column.kind) {
    case "usd":
      return column.name.endsWith("price_usd") ? numbers.price.format(value) : numbers.cents.format(value);
    case "bytes":
      return bytes(value);
    case "share":
      return `${numbers.cents.format(value * 100)} %`;
    case "integer":
      return numbers.whole.format(value);
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
