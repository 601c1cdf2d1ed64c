'use strict';

// As Ping's README does it: the flow is named by ?flowId= of this page.  With
// ?redirectless the page starts one itself and is handed the end of it.

const query = new URLSearchParams(location.search);
const widget = new PfAuthnWidget(location.origin, {
  divId: 'authnwidget',
  useActionParam: query.has('actionParam'),
});

if (query.has('redirectless')) {
  widget.initRedirectless({
    client_id: 'test',
    response_type: 'token',
    onAuthorizationSuccess: (answer) => {
      document.body.dataset.success = JSON.stringify(answer);
    },
    onAuthorizationFailed: (answer) => {
      document.body.dataset.failed = JSON.stringify(answer);
    },
  });
} else {
  widget.init();
}
