use std::path::PathBuf;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{Activation, PolicyId, ProviderName, RefusedPolicy};

type Row = (
    ProviderName,
    Option<String>,
    String,
    String,
    At,
    Option<At>,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl Store {
    /// What is active for each provider that was ever served, by name.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn policies(&self) -> Result<Vec<Activation>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT provider, path, sha256, contract, since, refused_at, refused_step,
                 refused_message, refused_sha256
             FROM policies ORDER BY provider",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(activation).collect())
    }

    /// What is active for a provider.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn policy(&self, provider: &ProviderName) -> Result<Option<Activation>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT provider, path, sha256, contract, since, refused_at, refused_step,
                 refused_message, refused_sha256
             FROM policies WHERE provider = $1",
        )
        .bind(provider)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(activation))
    }
}

fn activation(row: Row) -> Activation {
    let (provider, path, sha256, contract, since, refused_at, step, message, refused) = row;
    let refused = refused_at.map(|At(time)| RefusedPolicy {
        time,
        step: step.unwrap_or_default(),
        message: message.unwrap_or_default(),
        sha256: refused,
    });
    Activation {
        provider,
        path: path.map(PathBuf::from),
        policy: PolicyId { sha256, contract },
        since: since.0,
        refused,
    }
}

impl Tx {
    /// Writes down what is active for a provider, in place of what was.
    pub(crate) async fn put_policy(&mut self, active: &Activation) -> Result<(), StoreError> {
        let refused = active.refused.as_ref();
        sqlx::query(
            "INSERT INTO policies (provider, path, sha256, contract, since, refused_at,
                 refused_step, refused_message, refused_sha256)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (provider) DO UPDATE SET path = excluded.path,
                 sha256 = excluded.sha256, contract = excluded.contract, since = excluded.since,
                 refused_at = excluded.refused_at, refused_step = excluded.refused_step,
                 refused_message = excluded.refused_message,
                 refused_sha256 = excluded.refused_sha256",
        )
        .bind(&active.provider)
        .bind(active.path.as_ref().map(|path| path.to_string_lossy()))
        .bind(&active.policy.sha256)
        .bind(&active.policy.contract)
        .bind(At(active.since))
        .bind(refused.map(|refused| At(refused.time)))
        .bind(refused.map(|refused| &refused.step))
        .bind(refused.map(|refused| &refused.message))
        .bind(refused.and_then(|refused| refused.sha256.as_ref()))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{Fixture, at, write};

    fn active(refused: Option<RefusedPolicy>) -> Activation {
        Activation {
            provider: "keycloak".parse().unwrap(),
            path: Some(PathBuf::from("/etc/usher/policy.wasm")),
            policy: PolicyId {
                sha256: "ab".repeat(32),
                contract: "0.1.0".to_owned(),
            },
            since: at(7),
            refused,
        }
    }

    #[tokio::test]
    async fn what_is_written_last_holds_and_a_refusal_can_be_taken_back() {
        let fixture = Fixture::new().await;
        let refused = RefusedPolicy {
            time: at(9),
            step: "parse".to_owned(),
            message: "it is damaged; copy it again".to_owned(),
            sha256: None,
        };
        for state in [active(None), active(Some(refused)), active(None)] {
            write(&fixture.store, async |tx| tx.put_policy(&state).await)
                .await
                .unwrap();
            let found = fixture.store.policy(&state.provider).await.unwrap();
            assert_eq!(found.as_ref(), Some(&state));
            assert_eq!(fixture.store.policies().await.unwrap(), [state]);
        }
        let nobody = "other".parse().unwrap();
        assert_eq!(fixture.store.policy(&nobody).await.unwrap(), None);
    }
}
