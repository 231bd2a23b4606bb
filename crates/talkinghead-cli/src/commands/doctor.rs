//! `talkinghead doctor`: what is installed and what works.

use clap::Args;
#[cfg(feature = "neural")]
use talkinghead::{Device, Precision};
use talkinghead::{InstructionSet, KERNELS_VARIABLE};
use talkinghead_media::{Container, ffmpeg_version, ffprobe_version};

use super::{print, print_json};
use crate::failure::Failure;

/// Says what is installed and which devices work.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Finding {
    name: String,
    works: bool,
    /// Whether `generate` fails without it.
    needed: bool,
    detail: String,
}

#[derive(serde::Serialize)]
struct Findings {
    version: &'static str,
    threads: usize,
    processor: String,
    findings: Vec<Finding>,
}

impl Doctor {
    /// Does it; fails when something needed is missing.
    pub fn run(self) -> Result<(), Failure> {
        let findings = examine();
        if self.json {
            print_json(&findings)?;
        } else {
            print(&text(&findings))?;
        }
        match findings.findings.iter().find(|finding| finding.needed && !finding.works) {
            Some(missing) => Err(Failure::new(
                format!("{} does not work: {}", missing.name, missing.detail),
                "install ffmpeg (Debian, Ubuntu: `sudo apt install ffmpeg`; macOS: `brew install ffmpeg`)",
            )),
            None => Ok(()),
        }
    }
}

fn examine() -> Findings {
    let mut findings = vec![
        finding("ffmpeg", true, ffmpeg_version().map_err(|e| e.to_string())),
        finding("ffprobe", true, ffprobe_version().map_err(|e| e.to_string())),
    ];
    for (container, needed) in [(Container::Mp4, true), (Container::Mov, false), (Container::WebM, false)] {
        let name = format!("writing {}", container.extension());
        let works = container.check_encoders().map(|()| "encoders are there".to_owned());
        findings.push(finding(&name, needed, works.map_err(|e| e.to_string())));
    }
    #[cfg(feature = "neural")]
    examine_devices(&mut findings);
    findings.push(kernels());
    for (name, built_in) in [("neural", cfg!(feature = "neural")), ("training", cfg!(feature = "training"))] {
        let built_in = if built_in { Ok("built in".to_owned()) } else { Err("left out of this program".to_owned()) };
        findings.push(finding(name, false, built_in));
    }
    Findings {
        version: env!("CARGO_PKG_VERSION"),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        processor: processor(),
        findings,
    }
}

/// Devices are opened: what is built in need not work on this machine.
#[cfg(feature = "neural")]
fn examine_devices(findings: &mut Vec<Finding>) {
    for device in Device::ALL {
        let works = match device.open() {
            Ok(_) => Ok(if device == Device::Cpu { "used for everything" } else { "computes" }.to_owned()),
            Err(error) => Err(error.to_string()),
        };
        findings.push(finding(&format!("device {}", device.name()), device == Device::Cpu, works));
    }
}

/// Which instructions are used.
fn kernels() -> Finding {
    let described = InstructionSet::chosen().map(|instructions| {
        #[cfg(feature = "neural")]
        let numbers = format!(", {} by default", Precision::Auto.on(instructions));
        #[cfg(not(feature = "neural"))]
        let numbers = "";
        format!("{instructions}{numbers}; {KERNELS_VARIABLE} forces another instruction set")
    });
    finding("kernels", false, described.map_err(|error| error.to_string()))
}

fn finding(name: &str, needed: bool, outcome: Result<String, String>) -> Finding {
    let works = outcome.is_ok();
    let detail = match outcome {
        Ok(detail) | Err(detail) => detail,
    };
    Finding { name: name.to_owned(), works, needed, detail }
}

fn text(findings: &Findings) -> String {
    let mut lines = vec![
        format!("talkinghead {}", findings.version),
        format!("processor    {}, {} threads", findings.processor, findings.threads),
    ];
    for finding in &findings.findings {
        let mark = match (finding.works, finding.needed) {
            (true, _) => "ok",
            (false, true) => "MISSING",
            (false, false) => "no",
        };
        lines.push(format!("{mark:<8} {:<14} {}", finding.name, finding.detail));
    }
    lines.join("\n")
}

/// Architecture and the instruction sets of it that the kernels can use.
fn processor() -> String {
    let sets: Vec<&str> = InstructionSet::available().map(InstructionSet::name).collect();
    format!("{} ({})", std::env::consts::ARCH, sets.join(", "))
}
