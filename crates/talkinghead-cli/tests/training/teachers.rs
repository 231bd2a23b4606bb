//! Flow teachers in a run.

use crate::program::{fail, material, succeed, train};

#[test]
fn a_teacher_adds_its_loss_and_keeps_flows_where_crops_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    for teacher in ["none", "mesh", "classical"] {
        let run = folder.path().join(teacher);
        let named = format!("flow.teacher={teacher}");
        let more = ["--steps", "2", "--set", &named, "--set", "data.random_crop=false", "--set", "data.flip=false"];
        succeed(&mut train(&clips, &run, &recipe, &more));
        let metrics = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
        assert_eq!(metrics.contains("F_Flow"), teacher != "none", "{teacher}: {metrics}");
        assert_eq!(run.join("frames/flows").is_dir(), teacher != "none", "{teacher}");
    }
    // Whether flows were kept does not change what is learned.
    let (run, again) = (folder.path().join("classical"), folder.path().join("again"));
    let more = ["--steps", "2", "--set", "flow.teacher=classical", "--set", "data.random_crop=false", "--set", "data.flip=false"];
    succeed(train(&clips, &again, &recipe, &more).arg("--frames").arg(run.join("frames")));
    assert_eq!(crate::program::tensors(&run, 2), crate::program::tensors(&again, 2));

    let drawn = folder.path().join("drawn");
    succeed(&mut train(&clips, &drawn, &recipe, &["--steps", "1", "--set", "flow.teacher=mesh"]));
    assert!(!drawn.join("frames/flows").exists(), "drawn crops do not repeat");
}

#[test]
fn weights_are_asked_for_where_a_teacher_has_some() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    let (error, hint) = fail(&mut train(&clips, &run, &recipe, &["--set", "flow.teacher=flownet2"]), 1);
    assert!(error.contains("flownet2") && hint.contains("mesh or classical"), "{error} {hint}");
    let with = ["--set", "flow.teacher=mesh", "--set", "flow.weights=a.pth"];
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &with), 1);
    assert!(error.contains("flow.weights") && error.contains("mesh has no weights"), "{error}");
    let with = ["--set", "flow.teacher=raft", "--set", "flow.weights=missing.pth"];
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &with), 1);
    assert!(error.contains("missing.pth"), "{error}");
}
