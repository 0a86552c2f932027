/* Nothing is lost, and people can see that: a form[data-draft] is saved on the server shortly
 * after each change. What the server has not confirmed yet lies in this browser as well, and
 * comes back after a reload; as soon as the server has it, the browser's copy is deleted, so that
 * nothing personal stays behind on a shared computer.
 */

const WAIT_MS = 800;
const RETRY_MS = [2000, 4000, 8000, 15000, 30000, 60000];
const PREFIX = "mv-draft:";
const KEEPALIVE_BYTES = 60000; // Browsers refuse more than 64 KiB in a request that outlives a page.

const store = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, entry) {
    try {
      localStorage.setItem(key, JSON.stringify(entry));
    } catch {
      // Full or forbidden: the server's copy remains.
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was kept then.
    }
  },
};

class Draft {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-draft-status]");
    const step = ["turn", "number"].map((name) => form.elements[name]?.value ?? "").join("/");
    this.key = `${PREFIX}${form.dataset.draftOwner}:${form.dataset.draft}:${step}`;
    this.changes = 0; // Counts edits; `saved` is the count that the server has confirmed.
    this.saved = 0;
    this.failures = 0;
    this.sending = null;
    this.timer = 0;
  }

  fields() {
    const fields = {};
    for (const [name, value] of new FormData(this.form)) {
      if (name !== "csrfmiddlewaretoken" && typeof value === "string") (fields[name] ??= []).push(value);
    }
    return fields;
  }

  get isSaved() {
    return this.changes === this.saved;
  }

  changed() {
    this.changes += 1;
    store.write(this.key, { fields: this.fields(), at: new Date().toISOString() });
    this.schedule(WAIT_MS);
  }

  schedule(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async save({ leaving = false } = {}) {
    clearTimeout(this.timer);
    if (this.isSaved || (this.sending && !leaving) || this.submitted) return;
    const count = this.changes;
    const body = JSON.stringify({ fields: this.fields() });
    this.sending = new AbortController();
    try {
      const response = await fetch(this.form.dataset.draft, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": this.form.elements.csrfmiddlewaretoken?.value ?? "",
        },
        body,
        credentials: "same-origin",
        keepalive: leaving && body.length < KEEPALIVE_BYTES,
        signal: this.sending.signal,
      });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const answer = await response.json().catch(() => ({}));
      this.confirmed(count, answer.saved_at);
    } catch {
      if (!this.submitted) this.failed();
    } finally {
      this.sending = null;
    }
    if (!this.isSaved && this.failures === 0) this.schedule(WAIT_MS);
  }

  confirmed(count, savedAt) {
    this.failures = 0;
    this.saved = Math.max(this.saved, count);
    if (this.isSaved) store.remove(this.key);
    this.sayTime(savedAt ? new Date(savedAt) : new Date());
  }

  failed() {
    this.say(this.status?.dataset.failed, true);
    this.schedule(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]);
    this.failures += 1;
  }

  sayTime(date) {
    const time = date.toLocaleTimeString(document.documentElement.lang, {
      hour: "2-digit",
      minute: "2-digit",
    });
    this.say(this.status?.dataset.saved.replace("{time}", time), false);
  }

  /* The same words are not set again, so that a screen reader does not read them again. */
  say(text, isTrouble) {
    if (!this.status || this.status.textContent === text) return;
    this.status.textContent = text;
    this.status.classList.toggle("trouble", isTrouble);
  }

  /* Put back what the server never confirmed, unless it has something newer. */
  restore() {
    const entry = store.read(this.key);
    const onServer = this.form.dataset.draftSavedAt;
    if (!entry) {
      if (onServer) this.sayTime(new Date(onServer));
      return;
    }
    if (onServer && new Date(onServer) >= new Date(entry.at)) {
      store.remove(this.key);
      return;
    }
    for (const element of this.form.elements) fill(element, entry.fields);
    this.form.dispatchEvent(new CustomEvent("mv:restore", { bubbles: true, detail: entry.fields }));
    this.changed();
  }

  /* From here on the form itself carries what is in it. */
  submitting() {
    this.submitted = true;
    clearTimeout(this.timer);
    this.sending?.abort();
    const entry = store.read(this.key);
    if (entry) store.write(this.key, { ...entry, submitted: true });
  }

  back() {
    this.submitted = false;
    if (!this.isSaved) this.schedule(0);
  }
}

function fill(element, fields) {
  if (!element.name || element.type === "hidden" || element.type === "range") return;
  const values = fields[element.name] ?? [];
  if (element.type === "checkbox" || element.type === "radio") {
    element.checked = values.includes(element.value);
  } else if ("value" in element && element.type !== "submit") {
    element.value = values.at(-1) ?? "";
  }
}

/* Copies of forms that were sent and are not on this page any more: the server took them. */
function forgetSent(current) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !current.includes(key) && store.read(key)?.submitted) {
        store.remove(key);
      }
    }
  } catch {
    // No storage, nothing to forget.
  }
}

const drafts = [...document.querySelectorAll("form[data-draft]")].map((form) => new Draft(form));
forgetSent(drafts.map((draft) => draft.key));

for (const draft of drafts) {
  draft.form.addEventListener("input", () => draft.changed());
  draft.form.addEventListener("change", (event) => {
    // Text fields have told by "input" already.
    if (!event.target.matches("textarea, input[type=text]")) draft.changed();
  });
  draft.restore();
}

// Any form of the page, since leaving by the one ends the other as well. Bubbling: a form that was
// held back by another script is not on its way.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) drafts.forEach((draft) => draft.submitting());
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) drafts.forEach((draft) => draft.back());
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") drafts.forEach((draft) => draft.save({ leaving: true }));
});
window.addEventListener("pagehide", () => drafts.forEach((draft) => draft.save({ leaving: true })));
window.addEventListener("online", () => drafts.forEach((draft) => draft.save()));
window.addEventListener("beforeunload", (event) => {
  if (drafts.some((draft) => !draft.isSaved && !draft.submitted)) event.preventDefault();
});
