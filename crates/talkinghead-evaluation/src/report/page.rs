//! The page: one file that opens anywhere; only the videos lie beside it.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::comparison::{EarlierRun, paired_differences};
use super::number::shown;
use super::plot::{Line, plot};
use super::text::wanted;
use crate::evaluation::{EvaluatedClip, Evaluation};
use crate::metric::{Better, METRICS, Metric};

/// A run, or one job of a suite.
#[derive(Clone, Copy, Debug)]
pub struct ReportSection<'a> {
    /// Its name; of a single run there is only one.
    pub name: &'a str,
    /// What was done, a sentence.
    pub about: &'a str,
    /// What was found.
    pub evaluation: &'a Evaluation,
    /// An earlier run to compare with.
    pub earlier: Option<&'a EarlierRun>,
}

/// The page as HTML. `file`: where it will lie; videos are linked relative to its folder.
pub fn report_page(title: &str, sections: &[ReportSection<'_>], file: &Path) -> String {
    let folder = absolute(file.parent().unwrap_or(Path::new("")));
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title>\n<style>\n{}</style>\n<h1>{title}</h1>\n",
        include_str!("page.css")
    );
    if let Some(first) = sections.first() {
        let versions = &first.evaluation.versions;
        let settings = first.evaluation.settings.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
        let _ = writeln!(
            page,
            "<p class=\"about\">talkinghead {}, ffmpeg {}. {}. In brackets: 95 % over clips.</p>",
            escaped(&versions.talkinghead),
            escaped(&versions.ffmpeg),
            escaped(&settings.collect::<Vec<_>>().join(", ").replace('"', ""))
        );
    }
    if sections.len() > 1 {
        page.push_str(&overview(sections));
    }
    for section in sections {
        if sections.len() > 1 {
            let _ = writeln!(page, "<h2>{}</h2><p class=\"about\">{}</p>", escaped(section.name), escaped(section.about));
        }
        page.push_str(&section_html(section, &folder));
    }
    let _ = write!(page, "<script>\n{}</script>\n</html>\n", include_str!("page.js"));
    page
}

/// One column a job.
fn overview(sections: &[ReportSection<'_>]) -> String {
    let mut table = "<h2>All jobs</h2><div class=\"wide overview\"><table><tr><th>metric".to_owned();
    sections.iter().for_each(|section| table.push_str(&format!("<th>{}", escaped(section.name))));
    table.push_str("<th>wanted</tr>\n");
    for metric in METRICS {
        let found: Vec<_> = sections.iter().map(|section| section.evaluation.metrics.get(metric.name)).collect();
        if found.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(table, "<tr><td title=\"{}\"><code>{}</code>", metric.what, metric.name);
        for summary in found {
            let cell = summary.map(|s| format!("{}{}", shown(s.mean), interval(s.low, s.high))).unwrap_or_default();
            let _ = write!(table, "<td>{cell}");
        }
        let _ = writeln!(table, "<td class=\"low\">{}</tr>", wanted(metric.better));
    }
    table + "</table></div>\n"
}

fn section_html(section: &ReportSection<'_>, folder: &Path) -> String {
    let evaluation = section.evaluation;
    let mut html =
        "<div class=\"wide\"><table><tr><th>metric<th>mean<th>real<th>over people<th>wanted<th>what it says</tr>\n".to_owned();
    for metric in METRICS {
        let Some(found) = evaluation.metrics.get(metric.name) else { continue };
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code><td>{} {}{}<td>{}<td>{}<td class=\"low\">{}<td class=\"what\">{}</tr>",
            metric.name,
            shown(found.mean),
            metric.unit,
            interval(found.low, found.high),
            found.real.map(shown).unwrap_or_default(),
            interval(found.people_low, found.people_high),
            wanted(metric.better),
            metric.what
        );
    }
    html.push_str("</table></div>\n");
    if let Some(earlier) = section.earlier {
        html.push_str(&comparison(evaluation, earlier));
    }
    if !evaluation.failed.is_empty() {
        html.push_str("<h3>Not measured</h3><ul class=\"words\">");
        for failed in &evaluation.failed {
            let _ = write!(html, "<li>{}: {}", escaped(&failed.pair.generated.display().to_string()), escaped(&failed.error));
        }
        html.push_str("</ul>\n");
    }
    evaluation.clips.iter().for_each(|clip| html.push_str(&clip_html(clip, folder)));
    html
}

fn comparison(evaluation: &Evaluation, earlier: &EarlierRun) -> String {
    let mut html = format!(
        "<h3>Against {}, clip by clip</h3><div class=\"wide\"><table><tr><th>metric<th>earlier<th>now<th>difference<th>clips</tr>\n",
        escaped(&earlier.name)
    );
    let found = paired_differences(evaluation, earlier);
    for metric in METRICS {
        let Some(difference) = found.get(metric.name) else { continue };
        let by = difference.now - difference.earlier;
        let class = difference.interval.map_or("", |i| verdict(metric, i.low, i.high));
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code><td>{}<td>{}<td class=\"{class}\">{}{}<td>{}</tr>",
            metric.name,
            shown(difference.earlier),
            shown(difference.now),
            shown(by),
            interval(difference.interval.map(|i| i.low), difference.interval.map(|i| i.high)),
            difference.clips
        );
    }
    html + "</table></div>\n"
}

/// Better or worse where the interval leaves 0 out.
fn verdict(metric: &Metric, low: f64, high: f64) -> &'static str {
    let up = low > 0.0;
    match metric.better {
        _ if low <= 0.0 && high >= 0.0 => "",
        Better::Higher => {
            if up {
                "better"
            } else {
                "worse"
            }
        }
        Better::Lower => {
            if up {
                "worse"
            } else {
                "better"
            }
        }
        Better::NearOne | Better::NearZero | Better::NearReal | Better::Control => "",
    }
}

fn clip_html(clip: &EvaluatedClip, folder: &Path) -> String {
    let made = &clip.pair.generated;
    let mut html = format!("<section><h3>{}</h3>\n", escaped(&made.display().to_string()));
    html.push_str("<div class=\"players\">");
    let videos = [("generated", Some(made)), ("real", clip.pair.real.as_ref())];
    for (name, path) in videos.iter().filter_map(|(name, path)| Some((name, (*path)?))) {
        // One voice is enough.
        let muted = if *name == "real" { " muted" } else { "" };
        let link = escaped(&relative(path, folder));
        let _ = write!(
            html,
            "<figure><video src=\"{link}\" preload=\"metadata\" controls{muted}></video><figcaption>{name}</figcaption></figure>"
        );
    }
    html.push_str("<button type=\"button\">Play / pause in step</button></div>\n");
    if !clip.warnings.is_empty() {
        html.push_str("<ul class=\"words\">");
        clip.warnings.iter().for_each(|word| html.push_str(&format!("<li>{}", escaped(word))));
        html.push_str("</ul>\n");
    }
    html.push_str(&plots(clip));
    if !clip.worst.is_empty() {
        html.push_str("<div class=\"worst\">");
        for frame in &clip.worst {
            let _ = write!(
                html,
                "<figure><img alt=\"\" src=\"data:image/jpeg;base64,{}\"><figcaption><a href=\"#\" data-seconds=\"{}\">{:.2} s</a>: {}</figcaption></figure>",
                STANDARD.encode(&frame.jpeg),
                frame.seconds,
                frame.seconds,
                escaped(&frame.reason)
            );
        }
        html.push_str("</div>\n");
    }
    html.push_str("<details><summary>numbers of this clip</summary><table><tr><th>metric<th>value<th>real<th>frames</tr>\n");
    for metric in METRICS {
        let Some(value) = clip.scores.values.get(metric.name) else { continue };
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code><td>{} {}{}<td>{}<td>{}</tr>",
            metric.name,
            shown(value.mean),
            metric.unit,
            interval(value.interval.map(|i| i.low), value.interval.map(|i| i.high)),
            value.real.map(shown).unwrap_or_default(),
            value.frames
        );
    }
    html + "</table></details></section>\n"
}

fn plots(clip: &EvaluatedClip) -> String {
    let real = clip.real_curves.as_ref();
    let draw = |title: &str, made: &[f64], real: Option<&Vec<f64>>, envelope: &[f32]| {
        let mut lines: Vec<Line<'_>> = real.iter().map(|values| Line { values, class: "real", title: "real" }).collect();
        lines.push(Line { values: made, class: "made", title: "generated" });
        plot(title, &lines, envelope)
    };
    let curves = &clip.curves;
    let envelope = if curves.envelope.is_empty() { real.map_or(&[][..], |r| &r.envelope) } else { &curves.envelope };
    let mut html =
        draw("mouth opening (eye distances) over the sound", &curves.lips.opening, real.map(|r| &r.lips.opening), envelope);
    for (k, name) in ["yaw (degrees)", "pitch (degrees)", "roll (degrees)"].into_iter().enumerate() {
        html.push_str(&draw(name, &curves.head.angles[k], real.map(|r| &r.head.angles[k]), &[]));
    }
    html
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!(" <span class=\"low\">[{}, {}]</span>", shown(low), shown(high)),
        _ => String::new(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path as seen from a folder, with forward slashes and without what addresses do not hold.
fn relative(path: &Path, folder: &Path) -> String {
    let path = absolute(path);
    let shared = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), folder.components().count() - shared);
    let down = path.components().skip(shared).filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().replace('%', "%25").replace('#', "%23").replace('?', "%3f")),
        _ => None,
    });
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(relative(Path::new("/none/here/a#1.mp4"), Path::new("/none/there/deep")), "../../here/a%231.mp4");
        let higher = METRICS.iter().find(|m| m.name == "ssim");
        assert_eq!(
            higher.map(|m| (verdict(m, 0.1, 0.2), verdict(m, -0.2, -0.1), verdict(m, -0.1, 0.1))),
            Some(("better", "worse", ""))
        );
    }
}
