// Questions of a page: judged by what the Python judge said of each answer when the site was built.

const ALIKE = ["АВЕКМНОРСТУХаеорсух", "ABEKMHOPCTYXaeopcyx"];

// Typed on a Russian keyboard, some letters look Latin and are not.
function latin(text) {
  const folded = [...text].map((one) => ALIKE[1][ALIKE[0].indexOf(one)] ?? one).join("");
  return /[а-яё]/i.test(folded) ? text : folded;
}

const strip = (text, letters) => {
  const ends = `[${letters}]+`;
  return text.replace(new RegExp(`^${ends}|${ends}$`, "g"), "");
};

function integer(text) {
  let digits = text.trim().toLowerCase().replace("−", "-");
  if (/^[1-9]\d{0,2}([,\s]\d{3})+$/.test(digits)) digits = digits.replace(/\D/g, "");
  const [, sign, body] = digits.match(/^([+-]?)(.+)$/) ?? ["", "", ""];
  const number = body.match(/^(?:0x)?([0-9a-f]+)h$|^0x([0-9a-f]+)$/);
  const hexadecimal = number?.[1] ?? number?.[2];
  if (!hexadecimal && !/^\d+$/.test(body)) return null;
  const value = BigInt(hexadecimal ? `0x${hexadecimal}` : body);
  return String(sign === "-" ? -value : value);
}

function decimal(text) {
  const digits = text.trim().replace("−", "-").replaceAll(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits) ? Number(digits) : null;
}

const written = (number) => (number === null ? null : String(Number(number.toPrecision(12))));

const text = (given) => latin(strip(given, " \\t\\n'\"")).toLowerCase();

function folder(given) {
  const parts = [];
  for (const part of text(given).split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const dot = parts.at(-1)?.lastIndexOf(".") ?? -1;
  if (dot > 0 && dot < parts.at(-1).length - 1) parts.pop(); // the file in it was named
  return parts.join("/") || ".";
}

// Each form of an answer: what was typed as the one text that stands for it, or null.
const FORMS = {
  integer,
  text,
  folder,
  number: (given) => written(decimal(given)),
  tenths: (given) => {
    const number = decimal(given);
    return number === null ? null : written(Math.round(number * 10) / 10);
  },
  bytes: (given) => {
    const digits = given.replaceAll("0x", "").replaceAll(",", " ").trim().toLowerCase();
    return /^([0-9a-f]{2}\s*)*$/.test(digits) ? digits.replace(/\s/g, "") : null;
  },
  hexadecimal: (given) => {
    const [start] = text(given).replace(/^\(+/, "").split(",");
    const digits = start.match(/^([+-]?)(?:0x)?([0-9a-f]+)h?$/);
    if (!digits) return null;
    const number = Number.parseInt(digits[1] + digits[2], 16);
    const group = number > 0xffff ? Math.floor(number / 0x10000) : number;
    return group === 2 ? "" : String(group);
  },
  status: (given) => {
    const digits = text(given).match(/^([+-]?)(?:0x)?0*([0-9a-f]+)h?$/);
    return digits && digits[1] + digits[2].padStart(4, "0").toUpperCase();
  },
  uid: (given, { aliases }) => {
    const name = latin(strip(given, " \0'\"")).toLowerCase();
    return aliases[name] ?? name;
  },
  order: (given, { right }) => {
    const letters = latin(given).toLowerCase().match(/\p{L}/gu) ?? [];
    return [...letters].sort().join() === [...right].sort().join() ? letters.join("") : null;
  },
};

const fill = (said, values) => said.replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);

// Returns whether an answer is right and what to say of it; null in place of the first if it is
// none.
export function judge(data, given) {
  const { form, answers } = data;
  if (form === "choice") return answers[given];
  if (form === "truth") return answers[["True", "False"][given]] ?? [false, data.other];
  const key = FORMS[form](given, data);
  if (key === null) return [null, data.refused];
  if (Object.hasOwn(answers, key)) return answers[key];
  const said = fill(data.other, { answer: given.trim() });
  if (form !== "order") return [false, said];
  const right = [...key].filter((letter, place) => letter === data.right[place]).length;
  return [false, `${said} ${fill(data.partly, { right, count: key.length })}`];
}

export function read(question) {
  const stored = question.querySelector("script").textContent;
  const bytes = Uint8Array.from(atob(stored), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function say(node, [right, words]) {
  const mark = right === null ? "" : right ? "✓ " : "✗ ";
  node.textContent = mark + words;
  node.dataset.right = String(right);
}

const predicted = new Map();

// What a learner gave: the number of an option, or what was typed.
function givenIn(form, name) {
  const field = form.elements[name];
  return typeof field.value === "string" ? field.value : "";
}

const worded = ({ form }, given) => (form === "truth" ? ["True", "False"][given] : given.trim());

function listenToAnswers(question, data) {
  const { question: name } = question.dataset;
  const form = question.querySelector("form");
  const verdict = question.querySelector(".site-verdict");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = givenIn(form, name);
    if (given.trim() === "") return say(verdict, [null, data.empty]);
    const judged = judge(data, given);
    if (judged[0] === null || !data.noted) return say(verdict, judged);
    predicted.set(name, judged);
    say(verdict, [null, fill(data.noted, { answer: worded(data, given) })]);
  });
}

function listenToHints(question, { hints }) {
  const said = question.querySelector(".site-hint");
  let number = 0;
  question.querySelector("[data-hint]").addEventListener("click", () => {
    said.textContent = hints[Math.min(number++, hints.length - 1)];
  });
}

function listenToComparison(node) {
  const { compare: name } = node.dataset;
  const question = document.querySelector(`[data-question="${name}"]`);
  node.querySelector("button").addEventListener("click", () => {
    const judged = predicted.get(name) ?? [null, read(question).first];
    say(node.querySelector(".site-verdict"), judged);
  });
}

for (const question of document.querySelectorAll("[data-question]")) {
  const data = read(question);
  if (data.form) listenToAnswers(question, data);
  listenToHints(question, data);
}
for (const node of document.querySelectorAll("[data-compare]")) listenToComparison(node);
