// The name of the program, who is logged in, and the link to the same page in the other language.
let person = null;
const drawPerson = (value) => {
  if (!person || person.is_local) return null;
  return make("div", { classes: "tk-person" },
    make("span", { classes: "tk-person-name", text: person.name, title: value.roles[person.role] }),
    person.has_password ? make("a", { classes: "tk-password", text: value.password.text, href: value.password.href }) : null,
    make("form", { method: "post", action: value.sign_out.href },
      make("button", { classes: "tk-sign-out", text: value.sign_out.text })));
};
const draw = () => {
  const value = view();
  const link = make("a", {
    classes: "tk-language", text: value.switch_label, lang: value.switch_language, hreflang: value.switch_language,
    href: "/" + value.switch_language + "/" + value.path + window.location.search,
  });
  root.replaceChildren(
    make("div", { classes: "tk-brand" },
      make("span", { classes: "tk-mark", text: "確", "aria-hidden": "true", lang: "ja" }),
      make("span", { classes: "tk-name", text: value.name }),
      make("span", { classes: "tk-tagline", text: value.tagline })),
    make("div", { classes: "tk-corner" }, drawPerson(value), link),
  );
};
element.addEventListener("click", (event) => {
  const link = event.target.closest(".tk-language");
  // Deep links are put into the address after the page is drawn; take them along.
  if (link) link.href = link.pathname + window.location.search;
});
watch("value", draw);
draw();
const askWho = async () => {
  // Nothing comes while the page is being left or the server is away; the next look asks again.
  const answer = await fetch("/me", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer) return;
  if (answer.status === 401) {  // logged out elsewhere, or for too long: log in, and come back to this very page
    const here = window.location.pathname + window.location.search;
    window.location.assign(view().login + "?next=" + encodeURIComponent(here));
  }
  if (!answer.ok) return;
  person = await answer.json();
  document.documentElement.dataset.role = person.role;  // hides what the role may not open; the server refuses it anyway
  draw();
};
document.addEventListener("visibilitychange", () => { if (!document.hidden) askWho(); });
askWho();
