// From VPCs by their path to services: how much is looked up over which path.

const SANKEY = { width: 900, node: 12, gap: 10, line: 18, most: 8 };

/** The largest by sum; the rest together. */
function largest(sums, other) {
  const sorted = [...sums].sort((a, b) => b[1] - a[1]);
  const kept = new Set(sorted.slice(0, SANKEY.most).map(([name]) => name));
  return (name) => (kept.has(name) ? name : other);
}

function sankey() {
  const data = table("vpc_services");
  const sums = { vpc: new Map(), service: new Map() };
  const add = (map, key, value) => map.set(key, (map.get(key) ?? 0) + value);
  // VPCs of one name stay apart.
  const ids = new Map();
  for (const row of data.rows) {
    const name = data.get(row, "vpc_name");
    if (name) ids.set(name, (ids.get(name) ?? new Set()).add(data.get(row, "vpc_id")));
  }
  const vpcOf = (name, id) => (name ? (ids.get(name).size > 1 ? `${name} ${id}` : name) : id);
  const rows = data.rows.map((row) => ({
    vpc: vpcOf(data.get(row, "vpc_name"), data.get(row, "vpc_id")),
    path: (data.get(row, "path") ?? UNKNOWN).replaceAll("_", " "),
    service: data.get(row, "service"),
    value: data.get(row, "query_count") ?? 0,
  })).filter((row) => row.value > 0);
  if (new Set(rows.map((row) => row.vpc)).size < 2) return null;
  for (const row of rows) {
    add(sums.vpc, row.vpc, row.value);
    add(sums.service, row.service, row.value);
  }
  const shownVpc = largest(sums.vpc, "other VPCs");
  const shownService = largest(sums.service, "other services");
  const [left, right] = [new Map(), new Map()];
  for (const row of rows) {
    add(left, JSON.stringify([shownVpc(row.vpc), row.path]), row.value);
    add(right, JSON.stringify([row.path, shownService(row.service)]), row.value);
  }
  return drawSankey([left, right], rows.reduce((sum, row) => sum + row.value, 0));
}

function drawSankey(sides, total) {
  const columns = [new Map(), new Map(), new Map()];
  sides.forEach((side, at) => side.forEach((value, key) => {
    const [from, to] = JSON.parse(key);
    const add = (map, name) => map.set(name, (map.get(name) ?? 0) + value);
    if (at === 0) add(columns[0], from);
    else { add(columns[1], from); add(columns[2], to); }
  }));
  const rows = Math.max(...columns.map((column) => column.size));
  const height = Math.max(260, rows * 44);
  const scale = (height - rows * SANKEY.gap) / total;
  const x = [0, (SANKEY.width - SANKEY.node) / 2, SANKEY.width - SANKEY.node];
  const picture = svg("svg", { role: "img", "aria-label": "DNS queries from VPCs by path to services" });
  const nodes = columns.map((column) => {
    let y = 0;
    return new Map([...column].sort((a, b) => b[1] - a[1]).map(([name, value]) => {
      const node = { name, value, y, out: y, into: y, size: Math.max(1, value * scale) };
      // The label of a thin one needs a line of its own.
      y += Math.max(node.size + SANKEY.gap, SANKEY.line);
      return [name, node];
    }));
  });
  const ends = nodes.flatMap((column) => [...column.values()].map((node) => node.y + Math.max(node.size, SANKEY.line)));
  picture.setAttribute("viewBox", `0 0 ${SANKEY.width} ${Math.ceil(Math.max(...ends))}`);
  const links = svg("g", { class: "links" });
  sides.forEach((side, at) => [...side].sort((a, b) => b[1] - a[1]).forEach(([key, value]) => {
    const [from, to] = JSON.parse(key);
    const [one, other] = [nodes[at].get(from), nodes[at + 1].get(to)];
    const size = value * scale;
    const [x1, x2] = [x[at] + SANKEY.node, x[at + 1]];
    const [y1, y2] = [one.out + size / 2, other.into + size / 2];
    one.out += size;
    other.into += size;
    const middle = (x1 + x2) / 2;
    const link = svg("path", { d: `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`, "stroke-width": Math.max(0.5, size), class: `path-${(at ? from : to).replaceAll(" ", "-")}` });
    link.append(svg("title", {}, `${isolated(from)} to ${isolated(to)}: ${numbers.whole.format(value)} queries`));
    links.append(link);
  }));
  picture.append(links);
  nodes.forEach((column, at) => column.forEach((node) => {
    picture.append(svg("rect", { x: x[at], y: node.y, width: SANKEY.node, height: node.size, class: "node" }));
    const end = at === 2;
    // Names that begin alike differ in their end.
    const label = svg("text", { x: end ? x[at] - 6 : x[at] + SANKEY.node + 6, y: node.y + Math.max(node.size / 2, 5) + 4, "text-anchor": end ? "end" : "start" });
    label.textContent = `${isolated(short(node.name, 34))} (${numbers.whole.format(node.value)})`;
    picture.append(label);
  }));
  return element("figure", { class: "sankey" },
    element("figcaption", {}, "DNS queries to AWS services: VPC, path, service. Green leads to an endpoint, orange to public addresses or both."), picture);
}
