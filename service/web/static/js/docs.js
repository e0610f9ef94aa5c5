// Swagger UI over this service's own OpenAPI document. Nothing is asked of anybody else.
document.addEventListener('DOMContentLoaded', () => {
  const place = document.getElementById('swagger');
  SwaggerUIBundle({
    url: place.dataset.url,
    domNode: place,
    deepLinking: false,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
  });
});
