import assert from "node:assert/strict";
import { test } from "node:test";

import { cell, csvOf } from "../../static/js/table-download.js";

test("cells are quoted where they must be", () => {
  assert.equal(cell(3), "3");
  assert.equal(cell(null), "");
  assert.equal(cell('a "b", c'), '"a ""b"", c"');
  assert.equal(cell("two\nlines"), '"two\nlines"');
});

test("no cell is a formula", () => {
  assert.equal(cell("=1+1"), "'=1+1");
  assert.equal(cell("-x"), "'-x");
  assert.equal(cell(-4), "-4");
});

test("rows stand below their head", () => {
  assert.equal(csvOf(["row", "file"], [[3, "a.jpg"]]), "row,file\r\n3,a.jpg\r\n");
});
