// What pages do better with JavaScript. Nothing here is needed: every page works without it.

const here = document.getElementById("casework-app");
const language = document.documentElement.lang || "en";
document.body.classList.add("js-enabled", "govuk-frontend-supported");

// Leaving quickly: nothing of this page stays on the screen, and its place in the history is taken by the other site.
// Pages opened before it are not stored by the browser and ask to sign in.
function leave(address) {
  document.documentElement.classList.add("cw-gone");
  document.title = "…";
  window.location.replace(address);
}

const way = document.querySelector("[data-leave]");
if (way) {
  way.addEventListener("click", (event) => {
    event.preventDefault();
    leave(way.href);
  });
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      presses = [];
      return;
    }
    presses = [...presses.filter((at) => event.timeStamp - at < 2000), event.timeStamp];
    if (presses.length >= 3) leave(way.href);
  });
}

// A page that the browser kept in memory is fetched again, so that a signed-out session shows nothing.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// Every state-changing htmx request carries the token of a form on the page.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

function searchBoxes(scope) {
  if (!window.accessibleAutocomplete) return;
  scope.querySelectorAll("select[data-autocomplete]").forEach((select) => {
    if (select.dataset.enhanced) return;
    select.dataset.enhanced = "true";
    const chosen = select.options[select.selectedIndex];
    window.accessibleAutocomplete.enhanceSelectElement({
      selectElement: select,
      defaultValue: chosen && chosen.value ? chosen.text : "",
      showAllValues: true,
      autoselect: false,
      confirmOnBlur: false,
    });
  });
}

// 1 January 2024 was a Monday, where the calendar's week begins.
const named = (options, days) => days.map((day) => new Intl.DateTimeFormat(language, options).format(day));
const weekdays = () => named({ weekday: "long" }, [1, 2, 3, 4, 5, 6, 7].map((day) => new Date(2024, 0, day)));
const months = () => named({ month: "long" }, [...Array(12).keys()].map((month) => new Date(2024, month, 1)));

// The picker's own words, in the order in which the tag `picker_words` gives their translations.
const PICKER_WORDS = ["Choose date", "Previous year", "Previous month", "Next month", "Next year", "Select", "Close"];

const pad = (number) => String(number).padStart(2, "0");

async function start(scope) {
  const [govuk, moj] = await Promise.all([import(here.dataset.govuk), import(here.dataset.moj)]);

  // The picker speaks the language of the page and writes dates as the pages do.
  class DatePicker extends moj.DatePicker {
    createDialog() {
      this.dayLabels = weekdays();
      this.monthLabels = months();
      return super.createDialog();
    }

    translated(html) {
      const words = (this.$root.dataset.words || "").split("|");
      return PICKER_WORDS.reduce((text, word, at) => text.replace(`>${word}<`, `>${words[at] || word}<`), html);
    }

    dialogTemplate(titleId) {
      return this.translated(super.dialogTemplate(titleId));
    }

    toggleTemplate() {
      return this.translated(super.toggleTemplate());
    }

    formattedDateFromDate(date) {
      return `${pad(date.getDate())}.${pad(date.getMonth() + 1)}.${date.getFullYear()}`;
    }
  }

  const enhance = (part) => {
    govuk.initAll({ scope: part, onError: () => {} });
    govuk.createAll(DatePicker, undefined, part);
    moj.initAll({ scope: part, onError: () => {} });
    searchBoxes(part);
  };
  enhance(scope);
  document.addEventListener("htmx:afterSettle", (event) => enhance(event.detail.elt));
}

start(document);
