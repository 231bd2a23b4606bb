for (const group of document.querySelectorAll(".players")) {
  const videos = [...group.querySelectorAll("video")], first = videos[0];
  const step = () => videos.slice(1).forEach(v => { if (Math.abs(v.currentTime - first.currentTime) > 0.06) v.currentTime = first.currentTime; });
  group.querySelector("button").addEventListener("click", () => {
    const pause = !first.paused;
    videos.forEach(v => pause ? v.pause() : v.play());
  });
  first.addEventListener("timeupdate", step);
  first.addEventListener("seeking", step);
  first.addEventListener("ended", () => videos.forEach(v => { v.pause(); v.currentTime = 0; }));
}
for (const link of document.querySelectorAll("a[data-seconds]")) {
  link.addEventListener("click", event => {
    event.preventDefault();
    const clip = link.closest("section");
    clip.querySelectorAll("video").forEach(v => { v.pause(); v.currentTime = Number(link.dataset.seconds); });
    clip.querySelector(".players").scrollIntoView({ block: "center" });
  });
}
