// Without this the page says the same. It shows the contents where there is room for them, and lets
// tables be sorted by their headings, filtered and copied.

const contents = document.querySelector(".contents details");
const wide = matchMedia("(min-width: 92rem)");
const fit = () => (contents.open = wide.matches);
wide.addEventListener("change", fit);
fit();
contents.addEventListener("click", (event) => {
  if (event.target.closest("a") && !wide.matches) contents.open = false;
});

// What moves as one: a body of the table where a claim has several rows, else a row.
const groupsOf = (table) => (table.tBodies.length > 1 ? [...table.tBodies] : [...table.tBodies[0].rows]);
const firstRow = (group) => (group.rows ? group.rows[0] : group);

function makeSortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if (!table.matches(".sortable") && heading.dataset.sorts === undefined) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    const key = (group) => {
      const cell = firstRow(group).cells[column];
      return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
    };
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (typeof x !== "number") return x.localeCompare(y);
      return Number.isNaN(x) || Number.isNaN(y) ? Number.isNaN(x) - Number.isNaN(y) : x - y;
    };
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      const groups = groupsOf(table).sort((a, b) => (down ? order(b, a) : order(a, b)));
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      groups[0].parentNode.append(...groups);
    });
  });
}

function toolsOf(table) {
  const tools = document.createElement("p");
  tools.className = "tools";
  table.closest(".scroll").before(tools);
  return tools;
}

function makeFilterable(table, tools) {
  const input = document.createElement("input");
  const found = document.createElement("output");
  const label = document.createElement("label");
  input.type = "search";
  label.append(`Filter by ${table.dataset.filters}: `, input);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = groupsOf(table);
    for (const group of groups) {
      const text = group.textContent.toLowerCase();
      group.hidden = !words.every((word) => text.includes(word));
    }
    const shown = groups.filter((group) => !group.hidden).length;
    found.textContent = words.length ? `${shown} of ${groups.length}` : "";
  });
  tools.append(label, " ", found);
}

// Cells as text, tabs between them, as spreadsheets take it; of what spans rows, the text in each.
function textOf(table) {
  const lines = [];
  const spans = [];
  for (const row of table.rows) {
    if (row.closest("tbody")?.hidden || row.hidden) continue;
    const line = [];
    const cells = [...row.cells];
    for (let column = 0; cells.length || spans[column]?.left > 0; column += 1) {
      if (spans[column]?.left > 0) {
        spans[column].left -= 1;
        line.push(spans[column].text);
        continue;
      }
      const cell = cells.shift();
      const text = cell.innerText.trim().replace(/\s+/g, " ");
      spans[column] = { text, left: cell.rowSpan - 1 };
      line.push(text);
    }
    lines.push(line.join("\t"));
  }
  return lines.join("\n");
}

function makeCopyable(table, tools) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy the numbers";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(textOf(table));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copying is not allowed here";
    }
    setTimeout(() => (button.textContent = "Copy the numbers"), 2000);
  });
  tools.append(" ", button);
}

for (const table of document.querySelectorAll("table.sortable, table.verdicts")) makeSortable(table);
for (const table of document.querySelectorAll("table.verdicts, table.sortable, table.evidence, table.needed")) {
  const tools = toolsOf(table);
  if (table.matches(".verdicts")) makeFilterable(table, tools);
  makeCopyable(table, tools);
}
