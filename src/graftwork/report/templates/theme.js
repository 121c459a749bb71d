"use strict";
// Light or dark: the system's choice until the reader makes one, which is remembered where the browser allows it.

const THEME_KEY = "graftwork-theme";

function rememberedTheme() {
  try {
    return localStorage.getItem(THEME_KEY);
  } catch {
    return null; // storage is closed to pages like this one: the choice lasts as long as the page
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // see above
  }
}

const theme = rememberedTheme();
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
