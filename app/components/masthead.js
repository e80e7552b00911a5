// The name of the program and the link to the same page in the other language.
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
    link,
  );
};
element.addEventListener("click", (event) => {
  const link = event.target.closest(".tk-language");
  // Deep links are put into the address after the page is drawn; take them along.
  if (link) link.href = link.pathname + window.location.search;
});
watch("value", draw);
draw();
