import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../src/history.js";
import * as P from "../src/problem.js";
import { PRESETS } from "../src/presets.js";

const LU = P.fromText("10/11*11/01");

test("rectangles are filled from any corner", () => {
  const all = P.fill(LU, 0, [1, 1], [0, 0], "1");
  assert.equal(P.toText(all), "11/11*11/01");
  assert.equal(P.toText(LU), "10/11*11/01");
});

test("lines change on both sides of a hidden index", () => {
  assert.equal(P.toText(P.move(LU, 1, 0, 1)), "01/11*01/11");
  assert.equal(P.toText(P.repeat(LU, 1, 1)), "100/111*11/01/01");
  assert.equal(P.toText(P.remove(LU, 1, 0)), "0/1*01");
  assert.equal(P.toText(P.resize(LU, 1, 3)), "100/110*11/01/00");
  assert.equal(P.toText(P.resize(LU, 0, 1)), "10*11/01");
  assert.equal(P.toText(P.resize(LU, 2, 3)), "10/11*110/010");
  assert.equal(P.toText(P.paint(LU, 1, 1, "1")), "11/11*11/11");
  assert.equal(P.move(LU, 0, 0, -1), LU);
  assert.equal(P.toText(P.resize(LU, 0, NaN)), "10*11/01");
});

test("factors come and go", () => {
  assert.equal(P.toText(P.append(LU)), "10/11*11/01*10/01");
  assert.equal(P.shorten(LU), LU);
  assert.deepEqual(P.shorten(P.append(LU)), LU);
});

test("the product, its classes and twins", () => {
  assert.deepEqual(P.product(LU), ["11", "11"]);
  assert.deepEqual(P.classes(LU).map(({ members, complete }) => [members, complete]), [[[0], false], [[1], true]]);
  const twins = P.classes(P.repeat(LU, 1, 0));
  assert.deepEqual(twins[0].members, [0, 1]);
  assert.equal(twins[0].complete, true);
  assert.deepEqual(P.twins(P.repeat(LU, 0, 1)).rows, [[1, 2]]);
  assert.deepEqual(P.classes(P.append(LU)), []);
  assert.deepEqual([0, 25, 26, 51, 52].map(P.letter), ["A", "Z", "AA", "AZ", "BA"]);
});

test("links bring back what they hold, drawn or packed", () => {
  for (const problem of [LU, { ...LU, field: "complex" }, P.append(LU)]) assert.deepEqual(P.fromLink(`#${P.toLink(problem)}`), problem);
  const rows = (m, n, seed) =>
    Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => ((i * 7 + j * 3 + seed) % 5 < 2 ? "1" : "0")).join(""));
  const large = { factors: [rows(30, 21, 0), rows(21, 33, 1)], field: "complex" };
  assert.match(P.toLink(large), /^b=30,21,33:[\w-]+&field=complex$/);
  assert.deepEqual(P.fromLink(P.toLink(large)), large);
  for (const bad of ["", "#", "#p=", "#p=1*", "#p=1/11*1", "#p=1*a", "#b=1,1:AA", "#b=2,2,2:A", "#b=99999999,9,9:AAAA"]) {
    assert.equal(P.fromLink(bad), null, bad);
  }
});

test("what is large stays large, and has no link", () => {
  const row = "01".repeat(500);
  const large = { factors: [Array(1000).fill(row), Array(1000).fill("1")], field: "real" };
  assert.equal(P.toLink(large), "");
  assert.equal(P.fromLink("#"), null);
  assert.equal(P.sizes(P.resize(large, 0, 999))[0], 999);
  assert.equal(P.sizes(P.resize(large, 0, 5000))[0], 1000);
});

test("objects are those of certificates", () => {
  assert.deepEqual(P.toObject(LU).factors[1], { shape: [2, 2], rows: [[0, 1], [1]] });
  assert.deepEqual(P.fromObject(P.toObject(LU)), LU);
});

test("presets fit, at the ends of their ranges, too", () => {
  for (const { parameters, make } of PRESETS) {
    for (const key of ["min", "value", "max"]) {
      assert.ok(P.valid({ factors: make(...parameters.map((each) => each[key])), field: "real" }));
    }
  }
});

test("states are undone and redone", () => {
  const states = new History(1);
  states.undo();
  states.push(2);
  states.push(3);
  states.undo();
  states.undo();
  assert.deepEqual([states.state, states.canUndo, states.canRedo], [1, false, true]);
  states.redo();
  states.push(4);
  assert.deepEqual([states.state, states.canRedo], [4, false]);
});
