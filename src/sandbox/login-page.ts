/**
 * The sandbox's login page: two fields and Enter, after which the address ends in #/overview, as observed on the
 * portal.
 */

/** It uses the sandbox's own login call, so it gets the cookies of that call. */
export const LOGIN_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandbox portal</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; background: #f4f6f8 }
  form { display: grid; gap: .75rem; width: 18rem; padding: 2rem; background: #fff; border: 1px solid #d0d7de; border-radius: 8px }
  input, button { font: inherit; padding: .4rem .6rem }
  [role=alert] { color: #cf222e; margin: 0 }
</style>
<form>
  <strong>Sandbox portal</strong>
  <input id="username" placeholder="User name" autocomplete="username">
  <input id="password" placeholder="Password" type="password" autocomplete="current-password">
  <button>Log in</button>
  <p role="alert"></p>
</form>
<script>
  const field = (id) => document.getElementById(id);
  document.forms[0].addEventListener('submit', async (event) => {
    event.preventDefault();
    const answer = await fetch('/rest/intercnn/user/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: field('username').value, password: field('password').value }),
    });
    const { success, errorMsg } = await answer.json();
    if (success) location.hash = '#/overview';
    else document.querySelector('[role=alert]').textContent = errorMsg;
  });
</script>
</html>
`;
