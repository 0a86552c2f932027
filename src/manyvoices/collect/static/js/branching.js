/* Questions that depend on an answer on the same page appear and disappear with it. The rule is
 * design/survey.py: is_visible; the server applies it again. Without JavaScript all are shown.
 */

const questions = [...document.querySelectorAll("[data-question]")];
const byId = new Map(questions.map((element) => [element.dataset.question, element]));

/* What is answered, as a set of strings; empty for no answer or a question that is not shown. */
function given(element) {
  if (!element || element.hidden) return new Set();
  if (element.dataset.kind === "vas") {
    return new Set(
      [...element.querySelectorAll("input[name]:not([type=hidden])")]
        .filter((input) => (input.type === "checkbox" ? input.checked : !input.disabled))
        .map((input) => input.name),
    );
  }
  const answers = new Set();
  for (const field of element.querySelectorAll("input, select, textarea")) {
    if (field.closest(".beside")) continue; // A text beside an option is no answer by itself.
    const isBox = field.type === "radio" || field.type === "checkbox";
    if (isBox ? field.checked : field.value.trim() !== "") answers.add(field.value);
  }
  return answers;
}

function holds(rule) {
  if (typeof rule === "boolean") return rule; // Settled on an earlier page.
  if (rule.any) return rule.any.some(holds);
  if (rule.all) return rule.all.every(holds);
  const answers = given(byId.get(rule.question));
  if ("answered" in rule) return answers.size > 0 === rule.answered;
  const named = "equals" in rule ? [rule.equals] : (rule.in ?? rule.not_in ?? []);
  const found = named.some((value) => answers.has(value));
  return "not_in" in rule ? !found : found;
}

function update() {
  // In order of the page, so that what hangs on a hidden question goes with it.
  for (const element of questions) {
    if (!element.dataset.visibleIf) continue;
    element.hidden = !holds(JSON.parse(element.dataset.visibleIf));
    element.classList.remove("branch-off");
  }
}

if (questions.some((element) => element.dataset.visibleIf)) {
  for (const type of ["input", "change"]) document.addEventListener(type, update);
  document.addEventListener("mv:restore", () => queueMicrotask(update));
  update();
}
