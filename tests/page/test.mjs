// The page in headless Chromium, from disk: node test.mjs REPORT.html DIRECTORY
// DIRECTORY gets a page of 50,000 rows made of the first one, and a screenshot.

import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const ROWS = 50_000;
const MOST_BYTES = 30 * 2 ** 20;
// The goal is 2,000 and 100 ms on a machine of its own; what runs beside the tests may take most of this one.
const slack = Number(process.env.VPCE_SCOUT_TEST_SLACK ?? 4);
const [, , page, directory] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Opens a page and notes whatever it asks for or complains of. */
async function open(path, { fragment = "", ...options } = {}) {
  // Scripts of tests run beside the content security policy, those of the page within it.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const problems = [];
  tab.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
  tab.on("pageerror", (error) => problems.push(String(error)));
  tab.on("request", (request) => { if (!request.url().startsWith(pathToFileURL(path).href)) problems.push(`request: ${request.url()}`); });
  tab.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const from = performance.now();
  await tab.goto(pathToFileURL(path).href + fragment);
  await tab.waitForFunction(() => document.documentElement.dataset.ready === "true");
  return { tab, problems, ready: performance.now() - from, close: () => context.close() };
}

const data = (text, name) => {
  const [, json] = new RegExp(`<script type="application/json" id="data-${name}">(.*?)</script>`, "s").exec(text);
  return JSON.parse(json);
};
const count = async (tab, name) => Number(await tab.locator(`[data-count="${name}"]`).textContent());
/** A duration, measured again at most twice if it is over the limit: another process may have had the processor. */
async function quickest(limit, duration, measure) {
  for (let again = 0; again < 2 && duration >= limit; again += 1) duration = Math.min(duration, await measure());
  return duration;
}
const frames = (tab) => tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const tests = {
  async "every section, table, filter and count of the contract is there"() {
    const { tab, problems, close } = await open(page);
    for (const id of ["summary", "actions", "coverage", "services", "nat-gateways", "endpoints", "vpcs", "vpc-services"]) {
      assert.equal(await tab.locator(`section#${id}`).count(), 1, id);
    }
    const text = readFileSync(page, "utf8");
    assert.match(text, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
    for (const name of ["accounts", "coverage", "vpcs", "vpc_services", "services", "nat_gateways", "endpoints", "findings", "opportunities", "hub_or_own", "flow_usage", "partner_services", "egress_chargeback", "bill"]) {
      assert.equal(await tab.locator(`table#table-${name}`).count(), 1, name);
      assert.equal(await tab.locator(`input[data-table="${name}"]`).count(), 1, name);
      assert.equal(await count(tab, name), data(text, name).rows.length, name);
    }
    assert.deepEqual(problems, []);
    await close();
  },

  async "a filter and a sort change rows, count and address, and the address brings them back"() {
    const first = await open(page);
    const { tab } = first;
    const rows = data(readFileSync(page, "utf8"), "vpc_services");
    const place = (name) => rows.columns.findIndex((column) => column.name === name);
    const wanted = rows.rows.filter((row) => row.some((cell) => String(cell).toLowerCase().includes("s3")));
    await tab.locator('input[data-table="vpc_services"]').fill("s3");
    assert.equal(await count(tab, "vpc_services"), wanted.length);
    const head = tab.locator('#table-vpc_services th[data-column="query_count"]');
    assert.equal(await head.getAttribute("aria-sort"), "none");
    await head.locator("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await head.locator("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    await head.locator("button").press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    const most = Math.max(...wanted.map((row) => row[place("query_count")]));
    const top = tab.locator('#table-vpc_services tbody tr[aria-rowindex="2"] td');
    assert.equal(await top.nth(4).textContent(), most.toLocaleString("en-US"));
    const fragment = new URL(tab.url()).hash;
    const again = await open(page, { fragment });
    assert.equal(await again.tab.locator('input[data-table="vpc_services"]').inputValue(), "s3");
    assert.equal(await count(again.tab, "vpc_services"), wanted.length);
    assert.equal(await again.tab.locator('#table-vpc_services th[data-column="query_count"]').getAttribute("aria-sort"), "descending");
    await tab.locator('input[data-table="vpc_services"]').fill("service:s3");
    assert.equal(await count(tab, "vpc_services"), rows.rows.filter((row) => row[place("service")].includes("s3")).length);
    await tab.locator('input[data-table="vpc_services"]').fill("no such thing");
    assert.equal(await count(tab, "vpc_services"), 0);
    // A link to a section keeps what was filtered.
    await tab.locator('nav a[href="#coverage"]').click();
    assert.equal(await tab.locator('input[data-table="vpc_services"]').inputValue(), "no such thing");
    assert.deepEqual([...first.problems, ...again.problems], []);
    await first.close();
    await again.close();
  },

  async "an action unfolds to why, what, cost, risk and undo, by mouse and by keyboard"() {
    const { tab, problems, close } = await open(page);
    const card = tab.locator("details.action").first();
    await card.locator("summary").focus();
    await tab.keyboard.press("Enter");
    // The card is filled by its `toggle` event, which the browser sends after the key.
    await card.locator("dt").first().waitFor();
    assert.deepEqual((await card.locator("dt").allTextContents()).slice(0, 5), ["Why", "What", "Cost and saving", "Risk", "Undo"]);
    for (const text of await card.locator("dd").allTextContents()) assert.ok(text.length > 3 && !/\{(vpc|service|hub_vpc_id|endpoint_service_name)\}|undefined|null/.test(text), text);
    const { action_templates: templates } = data(readFileSync(page, "utf8"), "head");
    const shown = templates.findIndex((template) => template !== null);
    assert.ok(shown >= 0 && templates.length <= 30);
    await tab.locator("details.action").nth(shown).evaluate((it) => { it.open = true; });
    const template = tab.locator("details.action").nth(shown).locator("details.template");
    await template.locator("summary").click();
    assert.equal(await template.locator("pre").textContent(), templates[shown]);
    assert.match(templates[shown], /^AWSTemplateFormatVersion: /);
    // Whatever can be made by a template has a command without holes.
    await tab.evaluate(() => { for (const it of document.querySelectorAll("details.action")) it.open = true; });
    await tab.locator("details.action").last().locator("dt").first().waitFor();
    const commands = await tab.locator("code.command").allTextContents();
    assert.ok(commands.length > 0);
    for (const command of commands) assert.ok(/--services [a-z]/.test(command) && !/null|undefined/.test(command), command);
    await tab.locator("#table-opportunities tbody button").first().click();
    await tab.locator("dialog#explain").waitFor();
    await tab.keyboard.press("Escape");
    await tab.locator("dialog#explain").waitFor({ state: "hidden" });
    assert.deepEqual(problems, []);
    await close();
  },

  async "names stay text"() {
    const { tab, problems, close } = await open(page);
    for (const name of ["accounts", "vpcs", "vpc_services"]) await tab.locator(`#all-${name}`).check();
    await frames(tab);
    // No name turns the direction of the ids beside it.
    const places = await tab.locator(".where, .heat th, .bars th, #table-vpcs td").allTextContents();
    assert.deepEqual(places.filter((text) => /[\u202a-\u202e]/.test(text)), []);
    // Whatever element a name would have made, the page has none but its own.
    const own = new Set("HTML HEAD META TITLE STYLE BODY A HEADER DIV H1 H2 H3 P NAV UL OL LI MAIN SECTION FOOTER DIALOG SCRIPT DL DT DD B SMALL STRONG SPAN DETAILS SUMMARY TABLE CAPTION THEAD TBODY TR TH TD BUTTON INPUT LABEL OUTPUT FIGURE FIGCAPTION FIELDSET LEGEND NOSCRIPT CODE PRE svg g path rect text title".split(" "));
    const all = await tab.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((it) => it.tagName))]);
    assert.deepEqual(all.filter((name) => !own.has(name)), []);
    // Every script but the page's own was data, and is read and gone.
    assert.equal(await tab.locator("script:not([type])").count(), 1);
    assert.deepEqual(problems, []);
    await close();
  },

  async "axe finds no violation in light and in dark, narrow and wide"() {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [400, 1280]) {
        const { tab, close } = await open(page, { colorScheme, viewport: { width, height: 900 } });
        await tab.evaluate(() => { document.querySelector("details.action")?.setAttribute("open", ""); });
        await frames(tab);
        assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px: the page is wider than the window`);
        await tab.evaluate(axe);
        const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`), [], `${colorScheme} ${width}`);
        await close();
      }
    }
  },

  async "what is missing leads to its rows, and an organization without anything is described"() {
    const { tab, problems, close } = await open(page);
    const gaps = data(readFileSync(page, "utf8"), "head").totals.gaps;
    for (const [reason, steps] of Object.entries(gaps)) {
      await tab.locator(`.gaps a[href*="${reason}"]`).click();
      // The address changes first, the table after it.
      await tab.locator(`[data-count="coverage"]`, { hasText: new RegExp(`^${steps}$`) }).waitFor({ timeout: 5000 }).catch(() => {});
      assert.equal(await count(tab, "coverage"), steps);
    }
    assert.equal(await tab.locator(".gaps tr").count(), Object.keys(gaps).length);
    await close();
    const empty = `${directory}/empty.html`;
    let text = readFileSync(page, "utf8");
    const replace = (name, change) => {
      const json = JSON.stringify(change(data(text, name))).replaceAll("<", "\\u003c");
      text = text.replace(new RegExp(`(id="data-${name}">).*?</script>`, "s"), (_, start) => `${start}${json}</script>`);
    };
    for (const name of ["vpcs", "vpc_services", "services", "nat_gateways", "endpoints", "findings", "opportunities", "hub_or_own", "flow_usage", "partner_services", "egress_chargeback", "bill"]) {
      replace(name, (table) => ({ ...table, all: 0, rows: [] }));
    }
    replace("head", (head) => ({
      ...head, services_by_queries: [], services_by_bytes: [], nat_gateways: [], action_kinds: [], action_templates: [],
      figures: { queries: null, nat_monthly_usd: 0, nat_data_monthly_usd: 0, endpoints_monthly_usd: 0, monthly_saving_usd: null },
      totals: { ...head.totals, vpcs: 0, nat_gateways: 0, nat_gateways_cost_unknown: 0, endpoints: 0, endpoints_price_unknown: 0, opportunities: 0, gaps: {} },
    }));
    writeFileSync(empty, text);
    const bare = await open(empty);
    assert.ok(!(await bare.tab.locator("#summary").textContent()).includes("unknown"));
    assert.match(await bare.tab.locator("#actions").textContent(), /no VPC was found/);
    for (const name of ["nat_gateways", "endpoints", "vpcs"]) {
      assert.match(await bare.tab.locator(`#table-${name} .none`).textContent(), /^No .* was found/);
    }
    assert.deepEqual([...problems, ...bare.problems], []);
    await bare.close();
  },

  async "50,000 rows are ready, filtered and scrolled in time, and the page stays small"() {
    const path = `${directory}/large.html`;
    const text = readFileSync(page, "utf8");
    const table = data(text, "vpc_services");
    const rows = Array.from({ length: ROWS }, (_, at) => {
      const row = [...table.rows[at % table.rows.length]];
      row[3] = `vpc-${at.toString(16).padStart(17, "0")}`;
      row[4] = `vpc number ${at}`;
      return row;
    });
    const json = JSON.stringify({ ...table, all: ROWS, rows }).replaceAll("<", "\\u003c");
    const start = text.indexOf('<script type="application/json" id="data-vpc_services">');
    const from = text.indexOf(">", start) + 1;
    writeFileSync(path, text.slice(0, from) + json + text.slice(text.indexOf("</script>", from)));
    const bytes = statSync(path).size;
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
    const { tab, problems, ready: first, close } = await open(path);
    const ready = await quickest(2_000 * slack, first, async () => {
      const again = await open(path);
      await again.close();
      return again.ready;
    });
    const input = tab.locator('input[data-table="vpc_services"]');
    await input.scrollIntoViewIfNeeded();
    const typed = async () => {
      await input.fill("");
      const strokes = [];
      for (const letter of "number 49") {
        strokes.push(await input.evaluate((field, key) => {
          const begun = performance.now();
          field.value += key;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          return performance.now() - begun;
        }, letter));
      }
      return Math.max(...strokes);
    };
    const slowest = await quickest(100 * slack, await typed(), typed);
    assert.equal(await count(tab, "vpc_services"), rows.filter((row) => row.join(" ").includes("number") && row.join(" ").includes("49")).length);
    await input.fill("");
    const shown = () => tab.locator("#table-vpc_services tbody tr").count();
    assert.ok(await shown() < 100);
    await tab.locator(".scroll:has(#table-vpc_services)").evaluate((it) => { it.scrollTop = it.scrollHeight; });
    await frames(tab);
    assert.equal(await tab.locator(`#table-vpc_services tr[aria-rowindex="${ROWS + 1}"]`).count(), 1);
    assert.ok(await shown() < 100);
    console.log(`50,000 rows: ${(bytes / 2 ** 20).toFixed(1)} MiB, ready in ${ready.toFixed(0)} ms, slowest key stroke ${slowest.toFixed(0)} ms`);
    assert.ok(ready < 2_000 * slack, `ready in ${ready} ms`);
    assert.ok(slowest < 100 * slack, `a key stroke took ${slowest} ms`);
    assert.deepEqual(problems, []);
    await close();
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exitCode = failed ? 1 : 0;
