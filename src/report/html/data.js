// The data of the page: each table is a JSON document in an element of its own.

function read(name) {
  const holder = document.getElementById(`data-${name}`);
  const data = JSON.parse(holder.textContent);
  // The text is not needed any more.
  holder.remove();
  return data;
}

const head = read("head");

/** A table: its columns by name, its rows, and the words of each row for filters. */
class Data {
  constructor(name) {
    const { columns, rows, all } = read(name);
    this.name = name;
    this.columns = columns;
    this.rows = rows;
    this.all = all;
    this.places = new Map(columns.map((column, place) => [column.name, place]));
    // Filters need the words of a row; they are made when the page is ready and nobody waits.
    later(() => this.words());
  }

  words() {
    this.made ??= this.rows.map((row) => row.join("\u0001").toLowerCase());
    return this.made;
  }

  get(row, column) {
    const place = this.places.get(column);
    return place === undefined ? undefined : row[place];
  }
}

const tables = new Map();

function table(name) {
  if (!tables.has(name)) tables.set(name, new Data(name));
  return tables.get(name);
}
