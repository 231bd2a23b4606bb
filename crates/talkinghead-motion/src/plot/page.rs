//! The picture in a page, with the numbers under the cursor.

use std::fmt::Write;

use talkinghead_media::FRAME_RATE;

use super::Plot;
use super::panels::PANELS;
use super::svg::{LEFT, escaped, scale};

/// Tracks longer than this (10 minutes) are shown without numbers under the cursor, which would make the page heavy.
const MOST_FRAMES: usize = 600 * FRAME_RATE as usize;

const STYLE: &str = "body{margin:0;font:14px sans-serif;color:#374151;background:#fff}
main{position:relative;overflow-x:auto}
svg{display:block}
#line{position:absolute;top:0;bottom:0;width:1px;background:#111827;pointer-events:none;display:none}
#numbers{position:sticky;top:0;z-index:1;padding:8px 12px;background:#f9fafb;border-bottom:1px solid #e5e7eb;
font-variant-numeric:tabular-nums;min-height:1.2em}
b{margin-left:1em;font-weight:600}";

const SCRIPT: &str = "const main=document.querySelector('main'),line=document.getElementById('line'),
numbers=document.getElementById('numbers');
main.addEventListener('pointermove',event=>{
  const x=event.clientX-main.getBoundingClientRect().left+main.scrollLeft;
  const k=Math.round((x-data.left)/data.step);
  if(k<0||k>=data.curves[0].values.length){line.style.display='none';return}
  line.style.display='block';line.style.left=data.left+k*data.step+'px';
  numbers.textContent=(k/data.rate).toFixed(2)+' s, frame '+k;
  for(const curve of data.curves){const b=document.createElement('b');
    b.style.color=curve.colour;b.textContent=curve.name+' '+curve.values[k];numbers.append(b)}
});";

pub(super) fn html(plot: &Plot) -> String {
    let title = escaped(plot.title);
    let script =
        if plot.track.len() <= MOST_FRAMES { format!("<script>\n{}{SCRIPT}\n</script>\n", data(plot)) } else { String::new() };
    let hint = if script.is_empty() { "" } else { "<div id=\"numbers\">Move over the curves to read their numbers.</div>\n" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>\n\
         {hint}<main>\n{}<div id=\"line\"></div>\n</main>\n{script}</html>\n",
        plot.svg()
    )
}

/// Names, colours and numbers of the curves as a JavaScript value.
fn data(plot: &Plot) -> String {
    let scale = scale(plot.track.seconds() as f32);
    let mut text = format!("const data={{left:{LEFT},step:{},rate:{FRAME_RATE},curves:[\n", scale / FRAME_RATE as f32);
    for panel in PANELS {
        for curve in panel.curves {
            let name = if panel.curves.len() == 1 { curve.name.to_owned() } else { format!("{} {}", panel.title, curve.name) };
            // Writing to a string does not fail.
            let _ = write!(text, "{{name:\"{name}\",colour:\"{}\",values:[", curve.colour);
            for (k, frame) in plot.track.frames.iter().enumerate() {
                let value = ((curve.value)(frame) * 1e3).round() / 1e3;
                let _ = write!(text, "{}{}", if k == 0 { "" } else { "," }, if value.is_finite() { value } else { 0.0 });
            }
            text.push_str("]},\n");
        }
    }
    text.push_str("]};\n");
    text
}
