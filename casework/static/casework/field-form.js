// A form filled in where the connection comes and goes. What is typed is kept at the office, encrypted, while there is
// a connection; on the telephone it stands in this page alone, and nothing is written to its storage. A sending that
// fails stays here and is tried again under the same mark, so that it arrives once.

const TRY_AGAIN = 5000; // milliseconds
const KEEP_AFTER = 1500;

let form = null;
let line = null;
let keeping = null;
let sending = false;
let waiting = null;
let finished = false;

const say = (name) => {
  if (!line) return;
  line.textContent = name ? line.dataset[name] : "";
  line.hidden = !name;
};
const typed = () => {
  const data = new FormData(form);
  for (const name of ["photos", "files"]) data.delete(name);
  return data;
};

async function keep() {
  keeping = null;
  if (sending || finished || !form) return;
  try {
    const answer = await fetch(line.dataset.keep, { method: "POST", body: typed(), redirect: "manual" });
    say(answer.ok ? "kept" : "");
    if (!answer.ok && answer.type === "opaqueredirect") say("signedout");
  } catch {
    say("offline");
    keepSoon(TRY_AGAIN);
  }
}

function keepSoon(after = KEEP_AFTER) {
  clearTimeout(keeping);
  keeping = setTimeout(keep, after);
}

// The page that the office answered takes the place of this one, so that no message on it is lost. When it is the form
// again, with what is wrong in it, the files that were chosen stay chosen.
function show(html, url) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById("main-content");
  const { pathname } = new URL(url);
  const done = pathname === line.dataset.done;
  finished = done || pathname !== line.dataset.form || !fresh;
  if (finished && !(done && fresh)) {
    window.location.assign(url);
    return;
  }
  if (!done) {
    for (const name of ["photos", "files"]) {
      const chosen = form.querySelector(`input[type=file][name=${name}]`);
      const empty = fresh.querySelector(`input[type=file][name=${name}]`);
      if (chosen && empty) empty.replaceWith(chosen);
    }
  }
  document.getElementById("main-content").replaceWith(fresh);
  document.title = page.title;
  window.history.replaceState(null, "", url);
  window.scrollTo(0, 0);
  sending = false;
  begin();
  document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: fresh } }));
}

async function send() {
  clearTimeout(waiting);
  clearTimeout(keeping);
  sending = true;
  say("sending");
  let answer;
  let html;
  try {
    answer = await fetch(form.action || window.location.href, {
      method: "POST",
      headers: { "X-Files-Stay": "yes" },
      body: new FormData(form),
    });
    html = await answer.text();
  } catch {
    say("waiting");
    waiting = setTimeout(send, TRY_AGAIN);
    return;
  }
  if (answer.status >= 500) {
    say("waiting");
    waiting = setTimeout(send, TRY_AGAIN);
    return;
  }
  show(html, answer.url);
}

function begin() {
  form = document.getElementById("field-form");
  line = document.getElementById("field-state");
  if (!form || !line) return;
  form.addEventListener("input", () => keepSoon());
  form.addEventListener("change", () => keepSoon());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) send();
  });
}

begin();
window.addEventListener("online", () => (sending ? send() : keepSoon(0)));
window.addEventListener("offline", () => say(sending ? "waiting" : "offline"));
// Only while something typed here has not reached the office.
window.addEventListener("beforeunload", (event) => {
  if (!finished && (sending || keeping)) event.preventDefault();
});
