//! The routes, read from the one file that declares them: one that is added is tested too.

const DECLARED: &str = include_str!("../../../host/src/http/routes.rs");

/// One path, with something in the place of each name, and what it takes.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: String,
    pub(super) methods: Vec<&'static str>,
}

/// All of them.
pub(super) fn all() -> Vec<Route> {
    DECLARED.split(".route(").skip(1).map(route).collect()
}

/// Those that take a method which may change something.
pub(super) fn changing() -> Vec<String> {
    let changes = |route: &Route| route.methods.iter().any(|method| *method != "GET");
    let routes = all().into_iter().filter(changes);
    routes.map(|route| route.path).collect()
}

fn route(rest: &str) -> Route {
    let path = rest.split('"').nth(1).expect("a path");
    let handlers = rest.split("router.route").next().unwrap_or(rest);
    let methods = [
        ("get(", "GET"),
        ("post(", "POST"),
        ("put(", "PUT"),
        ("patch(", "PATCH"),
        ("delete(", "DELETE"),
    ];
    let methods = methods.iter().filter(|(call, _)| handlers.contains(call));
    let path = path
        .replace("_{name}", "_main")
        .replace("{company}", "acme")
        .replace("{token}", &"a".repeat(43))
        .replace("{name}", "logo.svg");
    Route {
        path,
        methods: methods.map(|(_, method)| *method).collect(),
    }
}

#[test]
fn every_route_is_read_and_there_is_no_other_way_to_declare_one() {
    let routes = all();
    assert!(routes.len() >= 20, "{routes:#?}");
    for route in &routes {
        assert!(!route.methods.is_empty(), "{route:?}");
        assert!(!route.path.contains(['{', '}']), "{route:?}");
    }
    for call in [".nest(", "any(", ".route_service(", "on(", ".nest_service("] {
        assert!(!DECLARED.contains(call), "{call} is not read here");
    }
    assert_eq!(DECLARED.matches(".merge(").count(), 1, "health alone");
    let known = ["/logout", "/callback_main", "/account/sessions/end"];
    assert!(
        known
            .iter()
            .all(|path| changing().contains(&path.to_string()))
    );
}
