/**
 * Why there is no photograph on the stage, and what to do about it.
 *
 *   <div data-empty> <svg data-empty-picture> <h2 data-empty-title>Nothing waits in review</h2> <p data-empty-words> <a data-quiz-link> </div>
 */

const $ = (selector) => document.querySelector(selector);
const NOTHING = { title: document.querySelector("[data-empty-title]").textContent };
const OVER = { ...NOTHING, words: "You have answered every question of this quiz." };

const TWICE = "You have this queue open in another tab too, which keeps the next few photographs for you. Go on there, or close it.";

const TROUBLE = {
  offline: {
    title: "No connection",
    words: "What you answered is kept here and sent by itself. The next photograph appears once the connection is back.",
  },
  "signed-out": {
    title: "You are signed out",
    words: "Sign in again in another tab, then come back. What you answered is kept here until then.",
  },
  "another-user": {
    title: "Somebody else is signed in",
    words: "This page is yours, this browser’s sign-in is another person’s by now. What you answered is kept here, and sent once you sign in again.",
  },
  paused: {
    title: "This queue is paused",
    words: "Your QA lead has paused it. What you answered counts; the next photograph appears once it goes on.",
  },
  busy: { title: "The server is busy", words: "It is asked again every few seconds. What you answered is kept here." },
};

/**
 * `trouble` and `detail` as claiming.js; `others` is how many photographs are in other people's hands, `isOpenTwice`
 * whether another tab of this person may have some.
 */
export function showVacancy({ trouble, detail }, others, isOpenTwice = false) {
  const link = $("[data-quiz-link]");
  const isQuiz = link.dataset.quizLink === "own";
  // A quiz hands out nothing more once it is answered.
  const isOver = isQuiz && (trouble === "" || trouble === "paused");
  const { title, words } = isOver ? OVER : (TROUBLE[trouble] ?? nothing(trouble, detail, others, isOpenTwice));
  $("[data-empty-picture]").toggleAttribute("hidden", trouble !== "" && !isOver);
  link.hidden = trouble !== "quiz" && !isOver;
  $("[data-empty-title]").textContent = title;
  $("[data-empty-words]").textContent = words;
}

function nothing(trouble, detail, others, isOpenTwice) {
  if (trouble === "quiz") return { title: "A quiz comes first", words: detail };
  if (trouble === "refused") return { title: "Nothing can be taken here", words: detail || "Reload the page, or ask your QA lead." };
  if (isOpenTwice) return { ...NOTHING, words: TWICE };
  const words =
    others > 0
      ? `Others are working on the last ${others}. Should one come free, or a new one come in, it appears here by itself.`
      : "New photographs appear here by themselves the moment they come in.";
  return { ...NOTHING, words };
}
