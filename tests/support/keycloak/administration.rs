use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::ADMINISTRATOR;

/// Keycloak's administration API. Every call takes a token of its own: they live a minute.
#[derive(Debug, Clone)]
pub struct Administration {
    http: reqwest::Client,
    url: String,
    realm: String,
}

impl Administration {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' own client, which talks to loopback only"
    )]
    pub(super) fn new(url: &str, realm: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("this option is fine");
        Self {
            http,
            url: url.to_owned(),
            realm: realm.to_owned(),
        }
    }

    /// Imports a realm.
    pub async fn import(&self, realm: &Value) -> anyhow::Result<()> {
        self.send(Method::POST, "admin/realms", Some(realm)).await?;
        Ok(())
    }

    /// Creates something in a collection of the realm (`users`, `groups`, `clients`) and
    /// gives its id.
    pub async fn create(&self, collection: &str, what: &Value) -> anyhow::Result<String> {
        let answer = self.realm(Method::POST, collection, Some(what)).await?;
        let location = answer
            .headers()
            .get("location")
            .context("no location")?
            .to_str()?;
        let id = location.rsplit('/').next().context("no id")?;
        Ok(id.to_owned())
    }

    /// Creates a person with a verified e-mail address, in these groups, who has
    /// [`super::password`] as theirs. Names have three characters at least.
    pub async fn create_user(&self, username: &str, groups: &[&str]) -> anyhow::Result<String> {
        let groups: Vec<String> = groups.iter().map(|group| format!("/{group}")).collect();
        self.create_person(username, &json!({ "groups": groups }))
            .await
    }

    /// The same with other properties: `{"emailVerified": false}`.
    pub async fn create_person(&self, username: &str, other: &Value) -> anyhow::Result<String> {
        let mut user = json!({
            "username": username, "enabled": true, "email": format!("{username}@example.com"),
            "emailVerified": true, "firstName": username, "lastName": "Tester",
            "credentials": [{"type": "password", "value": super::password(username)}],
        });
        for (key, value) in other.as_object().context("an object")? {
            user[key] = value.clone();
        }
        self.create("users", &user).await
    }

    /// Changes some properties of a person.
    pub async fn change_user(&self, user: &str, changes: &Value) -> anyhow::Result<()> {
        self.change(&format!("users/{user}"), changes).await
    }

    /// Changes some properties of the realm itself.
    pub async fn change_realm(&self, changes: &Value) -> anyhow::Result<()> {
        self.change("", changes).await
    }

    /// Creates a group at the top of the realm.
    pub async fn create_group(&self, name: &str) -> anyhow::Result<String> {
        self.create("groups", &json!({ "name": name })).await
    }

    /// The id of a person.
    pub async fn user(&self, username: &str) -> anyhow::Result<String> {
        self.id(
            &format!("users?exact=true&username={username}"),
            "username",
            username,
        )
        .await
    }

    /// Puts a person into a group, or takes them out of it.
    pub async fn set_member(&self, user: &str, group: &str, member: bool) -> anyhow::Result<()> {
        let group = self
            .id(&format!("groups?search={group}"), "name", group)
            .await?;
        let method = if member { Method::PUT } else { Method::DELETE };
        self.realm(method, &format!("users/{user}/groups/{group}"), None)
            .await?;
        Ok(())
    }

    /// Gives a person a realm role.
    pub async fn grant(&self, user: &str, role: &str) -> anyhow::Result<()> {
        self.map_role(Method::POST, user, role).await
    }

    /// Takes a realm role away from a person.
    pub async fn revoke(&self, user: &str, role: &str) -> anyhow::Result<()> {
        self.map_role(Method::DELETE, user, role).await
    }

    async fn map_role(&self, method: Method, user: &str, role: &str) -> anyhow::Result<()> {
        let role = self.get(&format!("roles/{role}")).await?;
        let path = format!("users/{user}/role-mappings/realm");
        self.realm(method, &path, Some(&json!([role]))).await?;
        Ok(())
    }

    /// Creates a role of a client.
    pub async fn create_client_role(&self, client_id: &str, role: &str) -> anyhow::Result<()> {
        let path = format!("{}/roles", self.client(client_id).await?);
        self.create(&path, &json!({ "name": role })).await?;
        Ok(())
    }

    /// Gives a person a role of a client.
    pub async fn grant_client_role(
        &self,
        user: &str,
        client_id: &str,
        role: &str,
    ) -> anyhow::Result<()> {
        let client = self.client(client_id).await?;
        let role = self.get(&format!("{client}/roles/{role}")).await?;
        let path = format!("users/{user}/role-mappings/{client}");
        self.realm(Method::POST, &path, Some(&json!([role])))
            .await?;
        Ok(())
    }

    /// Changes some properties of a client.
    pub async fn change_client(&self, client_id: &str, changes: &Value) -> anyhow::Result<()> {
        let client = self.client(client_id).await?;
        self.change(&client, changes).await
    }

    /// The path of a client: `clients/…`.
    pub async fn client(&self, client_id: &str) -> anyhow::Result<String> {
        let query = format!("clients?clientId={client_id}");
        let id = self.id(&query, "clientId", client_id).await?;
        Ok(format!("clients/{id}"))
    }

    async fn change(&self, path: &str, changes: &Value) -> anyhow::Result<()> {
        let mut whole = self.get(path).await?;
        for (key, value) in changes.as_object().context("an object")? {
            whole[key] = value.clone();
        }
        self.realm(Method::PUT, path, Some(&whole)).await?;
        Ok(())
    }

    /// The sessions that a person has at Keycloak.
    pub async fn sessions(&self, user: &str) -> anyhow::Result<Vec<Value>> {
        let sessions = self.get(&format!("users/{user}/sessions")).await?;
        Ok(sessions.as_array().cloned().unwrap_or_default())
    }

    /// Ends all sessions of a person at Keycloak, as an administrator does.
    pub async fn end_sessions(&self, user: &str) -> anyhow::Result<()> {
        self.realm(Method::POST, &format!("users/{user}/logout"), None)
            .await?;
        Ok(())
    }

    /// Deletes a person.
    pub async fn delete_user(&self, user: &str) -> anyhow::Result<()> {
        self.realm(Method::DELETE, &format!("users/{user}"), None)
            .await?;
        Ok(())
    }

    /// Takes anything out of the realm.
    pub async fn remove(&self, path: &str) -> anyhow::Result<()> {
        self.realm(Method::DELETE, path, None).await?;
        Ok(())
    }

    /// Reads anything of the realm.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.realm(Method::GET, path, None).await?.json().await?)
    }

    async fn id(&self, query: &str, key: &str, name: &str) -> anyhow::Result<String> {
        let found = self.get(query).await?;
        let found = found
            .as_array()
            .into_iter()
            .flatten()
            .find(|item| item[key] == name);
        let id = found.and_then(|item| item["id"].as_str());
        Ok(id
            .with_context(|| format!("{name} is not there"))?
            .to_owned())
    }

    async fn realm(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<reqwest::Response> {
        self.send(method, &format!("admin/realms/{}/{path}", self.realm), body)
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<reqwest::Response> {
        let url = format!("{}/{path}", self.url);
        let mut request = self
            .http
            .request(method, &url)
            .bearer_auth(self.token().await?);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        anyhow::bail!("{status} from {url}: {}", answer.text().await?)
    }

    async fn token(&self) -> anyhow::Result<String> {
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let (username, password) = ADMINISTRATOR;
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", username),
            ("password", password),
        ];
        let answer = self.http.post(&url).form(&form).send().await?;
        ensure!(
            answer.status().is_success(),
            "no administration token: {}",
            answer.status()
        );
        let answer: Value = answer.json().await?;
        Ok(answer["access_token"]
            .as_str()
            .context("no access_token")?
            .to_owned())
    }
}
