//! The picture.

use std::fmt::Write;

use talkinghead_media::FRAME_RATE;

use super::axis::{Axis, label, round_step};
use super::curves::{path, waveform};
use super::panels::{PANELS, Panel};
use super::{PEAKS_PER_SECOND, Plot, PlottedSound};

/// Left of the curves, in pixels: names and numbers. The page's script knows it too.
pub(super) const LEFT: f32 = 120.0;
const RIGHT: f32 = 24.0;
const TOP: f32 = 44.0;
const GAP: f32 = 16.0;
const SOUND_HEIGHT: f32 = 80.0;
const PHONES_HEIGHT: f32 = 28.0;
const AXIS_HEIGHT: f32 = 30.0;
/// Pixels of a second, and the width that is never exceeded.
const SECOND: f32 = 120.0;
const WIDEST: f32 = 12_000.0;
const NARROWEST: f32 = 640.0;
/// Pixels of a second from which phones can be read.
const READABLE: f32 = 70.0;

/// Pixels of a second for a track of `seconds`.
pub(super) fn scale(seconds: f32) -> f32 {
    let seconds = seconds.max(0.04);
    SECOND.min(WIDEST / seconds).max((NARROWEST / seconds).min(400.0))
}

pub(super) fn draw(plot: &Plot) -> String {
    let seconds = plot.track.seconds() as f32;
    let scale = scale(seconds);
    let width = LEFT + (scale * seconds).max(60.0) + RIGHT;
    let sound_height = plot.sound.map_or(0.0, |_| SOUND_HEIGHT + PHONES_HEIGHT + GAP);
    let panels: f32 = PANELS.iter().map(|panel| panel.height + GAP).sum();
    let bottom = TOP + sound_height + panels - GAP;
    let height = bottom + AXIS_HEIGHT;
    let mut out = String::new();
    let mut line = |text: std::fmt::Arguments| {
        // Writing to a string does not fail.
        let _ = out.write_fmt(text);
        out.push('\n');
    };
    line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#374151\">"
    ));
    line(format_args!("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"));
    line(format_args!(
        "<text x=\"12\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"#111827\">{}</text>",
        escaped(plot.title)
    ));
    let right = LEFT + scale * seconds;
    line(format_args!("{}", time_axis(seconds, scale, bottom)));
    let mut top = TOP;
    if let Some(sound) = plot.sound {
        line(format_args!("{}", accents(sound, seconds, scale, bottom)));
        line(format_args!("{}", draw_sound(sound, seconds, scale, top)));
        top += sound_height;
    }
    for panel in PANELS {
        line(format_args!("{}", draw_panel(panel, plot, scale, top, right)));
        top += panel.height + GAP;
    }
    out.push_str("</svg>\n");
    out
}

fn time_axis(seconds: f32, scale: f32, bottom: f32) -> String {
    let step = round_step(60.0 / scale);
    let mut text = String::from("<g stroke=\"#e5e7eb\">");
    let count = (seconds / step + 1e-3) as usize;
    for k in 0..=count {
        let x = LEFT + k as f32 * step * scale;
        let _ = write!(text, "<path d=\"M{x:.1} {TOP}V{bottom:.1}\"/>");
    }
    text.push_str("</g>\n<g text-anchor=\"middle\">");
    for k in 0..=count {
        let time = k as f32 * step;
        let _ = write!(text, "<text x=\"{:.1}\" y=\"{:.1}\">{} s</text>", LEFT + time * scale, bottom + 18.0, label(time));
    }
    text.push_str("</g>");
    text
}

fn accents(sound: &PlottedSound, seconds: f32, scale: f32, bottom: f32) -> String {
    let mut text = String::from("<g fill=\"#dc2626\" stroke=\"#dc2626\" stroke-dasharray=\"2 3\">");
    for accent in &sound.accents {
        let time = accent.frame as f32 / FRAME_RATE as f32;
        if time <= seconds {
            let (x, strength) = (LEFT + time * scale, 0.25 + 0.55 * accent.strength);
            let _ = write!(text, "<path opacity=\"{strength:.2}\" d=\"M{x:.1} {TOP}V{bottom:.1}\"/>");
            let _ = write!(
                text,
                "<path stroke=\"none\" opacity=\"{strength:.2}\" d=\"M{x:.1} {TOP}l-4 -7h8z\"><title>accent, {:.2}</title></path>",
                accent.strength
            );
        }
    }
    text.push_str("</g>");
    text
}

fn draw_sound(sound: &PlottedSound, seconds: f32, scale: f32, top: f32) -> String {
    let middle = top + SOUND_HEIGHT / 2.0;
    let shown = ((seconds * PEAKS_PER_SECOND as f32) as usize + 1).min(sound.peaks.len());
    let loudest = sound.peaks.iter().fold(0.05_f32, |most, peak| most.max(*peak));
    let peaks: Vec<f32> = sound.peaks[..shown].iter().map(|peak| peak / loudest).collect();
    let wave = waveform(&peaks, LEFT, scale / PEAKS_PER_SECOND as f32, middle, SOUND_HEIGHT / 2.0 - 2.0);
    let mut text = format!(
        "<g><text x=\"12\" y=\"{:.1}\" font-weight=\"600\">sound</text><path d=\"{wave}\" fill=\"#9ca3af\"/></g>\n",
        middle - 8.0
    );
    let _ = write!(text, "<text x=\"12\" y=\"{:.1}\" fill=\"#dc2626\">▼ accent</text>", middle + 8.0);
    if scale >= READABLE && !sound.phones.is_empty() {
        let row = top + SOUND_HEIGHT + 12.0;
        let _ = write!(
            text,
            "\n<g font-size=\"11\"><text x=\"12\" y=\"{row:.1}\">phones</text><g text-anchor=\"middle\" fill=\"#111827\">"
        );
        let mut free = [f32::MIN; 2];
        for (time, phone) in sound.phones.iter().filter(|(time, _)| *time <= seconds) {
            let x = LEFT + time * scale;
            // In the first row where there is room.
            let line = usize::from(free[0] > x && free[1] < free[0]);
            free[line] = x + 6.0 * phone.chars().count().max(1) as f32 + 4.0;
            let _ = write!(text, "<text x=\"{x:.1}\" y=\"{:.1}\">{}</text>", row + 13.0 * line as f32, escaped(phone));
        }
        text.push_str("</g></g>");
    }
    text
}

fn draw_panel(panel: &Panel, plot: &Plot, scale: f32, top: f32, right: f32) -> String {
    let frames = &plot.track.frames;
    let values = panel.curves.iter().flat_map(|curve| frames.iter().map(curve.value));
    let axis = Axis::of(values, panel.least);
    let y = |value: f32| top + panel.height * axis.place(value);
    let mut text = format!("<g><text x=\"12\" y=\"{:.1}\" font-weight=\"600\">{}</text>", top + 10.0, panel.title);
    let _ = write!(text, "<text x=\"12\" y=\"{:.1}\" fill=\"#6b7280\" font-size=\"10\">{}</text>", top + 22.0, panel.unit);
    if panel.curves.len() > 1 {
        // Names beside each other where the panel is low.
        let (mut x, mut row) = (12.0, top + 36.0);
        for curve in panel.curves {
            let _ = write!(
                text,
                "<text x=\"{x:.1}\" y=\"{row:.1}\" fill=\"{}\" font-weight=\"600\">{}</text>",
                curve.colour, curve.name
            );
            if panel.height < 100.0 { x += 7.5 * curve.name.len() as f32 + 6.0 } else { row += 14.0 }
        }
    }
    for tick in &axis.ticks {
        let (at, colour) = (y(*tick), if *tick == 0.0 { "#9ca3af" } else { "#e5e7eb" });
        let _ = write!(text, "<path d=\"M{LEFT} {at:.1}H{right:.1}\" stroke=\"{colour}\"/>");
        let (x, number) = (LEFT - 6.0, label(*tick));
        let _ = write!(text, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"10\">{number}</text>", at + 3.5);
    }
    let step = scale / FRAME_RATE as f32;
    for curve in panel.curves.iter().rev() {
        let line = path(frames.iter().map(curve.value), LEFT, step, y);
        let _ = write!(
            text,
            "<path d=\"{line}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>",
            curve.colour
        );
    }
    text.push_str("</g>");
    text
}

/// Text that cannot be taken for markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
