// The held-out pictures: filtered by score and class and sorted, most mistakes first; cut up class by class; and large.
// Without it the page shows the threshold it was made with.
"use strict";
const gallery = document.getElementById("held-out");
if (gallery) {
  const threshold = document.getElementById("threshold");
  const chosen = document.getElementById("class");
  const only = document.getElementById("mistakes");
  const from = document.getElementById("from");
  const asMade = from.textContent;
  const tally = document.getElementById("tally");
  const walls = [...document.querySelectorAll(".wall")];
  const told = (template, numbers) => template.replace(/\{(\w+)\}/g, (_, name) => numbers[name]);
  const scored = (element, lowest) => Number(element.dataset.score ?? -1) >= lowest;

  const update = () => {
    const lowest = Number(threshold.value);
    const total = { right: 0, wrong: 0, missed: 0, pictures: 0 };
    document.getElementById("threshold-now").value = lowest.toFixed(2);
    const moved = threshold.value !== threshold.defaultValue;
    from.textContent = moved ? told(from.dataset.template, { threshold: lowest.toFixed(2) }) : asMade;
    for (const pair of gallery.children) {
      const count = { right: 0, wrong: 0, missed: 0 };
      const seen = [];
      let holds = chosen.value === "";
      for (const box of pair.querySelectorAll(".box, .tag")) {
        const ofClass = chosen.value === "" || box.dataset.class === chosen.value;
        if (box.closest(".found")) {
          box.classList.remove("below");
          box.toggleAttribute("hidden", !(ofClass && scored(box, lowest)));
          if (box.hasAttribute("hidden") || box.classList.contains("tag")) continue;
          count[box.classList.contains("wrong") ? "wrong" : "right"] += 1;
          seen.unshift(box.dataset.text);
        } else {
          box.toggleAttribute("hidden", !ofClass);
          box.classList.toggle("missed", !scored(box, lowest));
          if (!ofClass || box.classList.contains("tag")) continue;
          if (!scored(box, lowest)) count.missed += 1;
        }
        holds = true;
      }
      const mistakes = count.wrong + count.missed;
      pair.dataset.mistakes = mistakes;
      pair.hidden = !holds || (only.checked && !mistakes);
      pair.querySelector(".verdict").textContent = told(gallery.dataset.verdict, count);
      pair.querySelector(".found").setAttribute("aria-label", `${gallery.dataset.found}: ${seen.join(", ") || "–"}`);
      if (pair.hidden) continue;
      total.pictures += 1;
      for (const name of Object.keys(count)) total[name] += count[name];
    }
    tally.textContent = told(tally.dataset.template, total);
    for (const wall of walls) {
      wall.hidden = chosen.value !== "" && chosen.value !== wall.dataset.class;
      const groups = Object.fromEntries([...wall.querySelectorAll(".cuts")].map(each => [each.dataset.kind, each]));
      for (const cut of groups.wrong.children) cut.hidden = !scored(cut, lowest);
      const objects = [...groups.missed.children, ...groups.found.children];
      objects.sort((a, b) => (a.dataset.score ?? -1) - (b.dataset.score ?? -1));
      groups.missed.replaceChildren(...objects.filter(cut => !scored(cut, lowest)));
      groups.found.replaceChildren(...objects.filter(cut => scored(cut, lowest)));
      for (const group of Object.values(groups)) {
        const count = [...group.children].filter(cut => !cut.hidden).length;
        group.closest("details").querySelector("strong").textContent = count;
      }
    }
  };
  const sort = () => {
    update();
    const pairs = [...gallery.children];
    pairs.sort((a, b) => b.dataset.mistakes - a.dataset.mistakes || a.dataset.name.localeCompare(b.dataset.name));
    gallery.append(...pairs);
  };
  threshold.addEventListener("input", update);
  for (const control of [threshold, chosen, only]) control.addEventListener("change", sort);
  document.getElementById("reset").addEventListener("click", () => {
    threshold.value = threshold.defaultValue;
    chosen.value = "";
    only.checked = false;
    sort();
  });
  document.getElementById("controls").hidden = false;
  sort();

  const large = document.getElementById("large");
  const stage = large.querySelector(".stage");
  let shown;
  const show = pair => {
    shown = pair;
    document.getElementById("large-name").textContent = pair.querySelector("figcaption").textContent;
    stage.replaceChildren(...[...pair.querySelectorAll("svg")].map(svg => svg.cloneNode(true)));
    for (const image of stage.querySelectorAll("image")) image.removeAttribute("id");
    if (!large.open) large.showModal();
  };
  const turn = step => {
    const pairs = [...gallery.children].filter(pair => !pair.hidden);
    const next = pairs.indexOf(shown) + step;
    if (pairs.length) show(pairs[(next + pairs.length) % pairs.length]);
  };
  document.getElementById("previous").addEventListener("click", () => turn(-1));
  document.getElementById("next").addEventListener("click", () => turn(1));
  document.getElementById("close").addEventListener("click", () => large.close());
  large.addEventListener("click", event => event.target === large && large.close());
  large.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) turn(step);
  });
  for (const button of document.querySelectorAll(".open, .cut")) {
    button.disabled = false;
    button.addEventListener("click", () =>
      show(button.closest(".pair") ?? document.getElementById(`pair-${button.dataset.picture}`)));
  }
}
