import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, formatShare, plainNumber } from "~/format/number";

test("russian numbers have a decimal comma and narrow no-break thousands", () => {
	assert.equal(formatNumber(1234567.891, 2, "ru"), "1\u202f234\u202f567,89");
	assert.equal(formatNumber(999, 0, "ru"), "999");
});

test("english numbers never use a comma", () => {
	assert.equal(formatNumber(1234.5, 1, "en"), "1\u202f234.5");
});

test("unknown is a dash and never zero", () => {
	for (const v of [null, undefined, NaN, Infinity]) {
		assert.equal(formatNumber(v, 3, "ru"), "—");
	}
	assert.equal(formatNumber(0, 3, "ru"), "0,000");
});

test("a negative number carries a real minus, a rounded zero none", () => {
	assert.equal(formatNumber(-5.26, 1, "ru"), "\u22125,3");
	assert.equal(formatNumber(-0.001, 1, "en"), "0.0");
});

test("numbers for a spreadsheet have nothing but digits, sign and separator", () => {
	assert.equal(plainNumber(-12345.678, 2, "ru"), "-12345,68");
	assert.equal(plainNumber(12345.678, 2, "en"), "12345.68");
	assert.equal(plainNumber(null, 2, "en"), "");
});

test("a share short of the whole never shows as 100 %", () => {
	assert.equal(formatShare(0.9999, "en"), "99%");
	assert.equal(formatShare(1, "ru"), "100\u202f%");
	assert.equal(formatShare(0.29, "en"), "29%");
	assert.equal(formatShare(null, "ru"), "—");
});
